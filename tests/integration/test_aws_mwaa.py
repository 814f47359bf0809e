"""MWAA's InvokeRestApi, forwarded to an Airflow over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from emmaa_cycle.resources import MWAA_ENVIRONMENT
from infra.local.aws.airflow_client import AirflowClient
from infra.local.aws.mwaa import MwaaApplication
from infra.local.aws.options import AirflowAccess
from tests.integration.aws_driver import Server
from tests.integration.fake_airflow import PASSWORD, USERNAME, FakeAirflow

RUNS = "/dags/emmaa_mm_update/dagRuns"


@pytest.fixture
def mwaa(server: Server, airflow: FakeAirflow) -> Iterator[Any]:
    airflow.runs.clear()
    airflow.calls.clear()
    airflow.fail_with = None
    yield server.client("mwaa")
    airflow.fail_with = None


def start_run(mwaa: Any, run_id: str) -> Any:
    return mwaa.invoke_rest_api(
        Name=MWAA_ENVIRONMENT,
        Path=RUNS,
        Method="POST",
        Body={"dag_run_id": run_id, "logical_date": None, "conf": {"model": "ü"}},
    )


def test_body_and_answer_pass(mwaa: Any, airflow: FakeAirflow) -> None:
    answer = start_run(mwaa, "a")

    assert answer["RestApiStatusCode"] == 200
    assert answer["RestApiResponse"] == {"dag_run_id": "a", "state": "queued"}
    assert airflow.runs["a"] == {"dag_run_id": "a", "logical_date": None, "conf": {"model": "ü"}}
    assert airflow.calls[-1][1] == f"/api/v2{RUNS}"


def test_query_parameters_pass(mwaa: Any, airflow: FakeAirflow) -> None:
    query = {"limit": 5, "paused": False, "tags": ["a", "b c"], "order_by": "-run_after"}
    answer = mwaa.invoke_rest_api(
        Name=MWAA_ENVIRONMENT, Path="/dags", Method="GET", QueryParameters=query
    )

    assert answer["RestApiResponse"]["total_entries"] == 0
    method, path, sent, body = airflow.calls[-1]
    assert (method, path, body) == ("GET", "/api/v2/dags", None)
    assert sent == {
        "limit": ["5"],
        "paused": ["false"],
        "tags": ["a", "b c"],
        "order_by": ["-run_after"],
    }


def test_empty_answer(mwaa: Any) -> None:
    answer = mwaa.invoke_rest_api(Name=MWAA_ENVIRONMENT, Path=f"{RUNS}/a", Method="DELETE")

    assert answer["RestApiStatusCode"] == 204
    assert answer["RestApiResponse"] == {}


def test_conflict_is_a_client_exception_with_the_status(mwaa: Any) -> None:
    start_run(mwaa, "a")
    with pytest.raises(mwaa.exceptions.RestApiClientException) as raised:
        start_run(mwaa, "a")

    assert raised.value.response["RestApiStatusCode"] == 409
    assert "exists" in raised.value.response["RestApiResponse"]["detail"]


@pytest.mark.parametrize("status", [500, 503])
def test_airflow_s_fault_is_a_server_exception(
    mwaa: Any, airflow: FakeAirflow, status: int
) -> None:
    airflow.fail_with = status
    with pytest.raises(mwaa.exceptions.RestApiServerException) as raised:
        start_run(mwaa, "a")

    assert raised.value.response["RestApiStatusCode"] == status


def test_airflow_that_is_down_is_a_server_exception(mwaa: Any, airflow: FakeAirflow) -> None:
    airflow.stop()
    try:
        with pytest.raises(mwaa.exceptions.RestApiServerException) as raised:
            start_run(mwaa, "a")
    finally:
        airflow.start()

    assert raised.value.response["RestApiStatusCode"] == 503
    assert airflow.url in raised.value.response["RestApiResponse"]["detail"]
    assert start_run(mwaa, "a")["RestApiStatusCode"] == 200


def test_token_is_kept_and_renewed(mwaa: Any, airflow: FakeAirflow) -> None:
    start_run(mwaa, "a")
    before = airflow.logins
    start_run(mwaa, "b")
    assert airflow.logins == before
    airflow.forget_token()
    start_run(mwaa, "c")

    assert airflow.logins == before + 1


def test_unknown_environment(mwaa: Any) -> None:
    with pytest.raises(mwaa.exceptions.ResourceNotFoundException, match="'another'"):
        mwaa.invoke_rest_api(Name="another", Path="/dags", Method="GET")


@pytest.mark.parametrize("path", ["dags", "/" + "x" * 64])
def test_path_that_mwaa_refuses(mwaa: Any, path: str) -> None:
    with pytest.raises(ClientError, match="ValidationException") as raised:
        mwaa.invoke_rest_api(Name=MWAA_ENVIRONMENT, Path=path, Method="GET")

    assert path in str(raised.value)


def test_other_operations_are_named_as_missing(mwaa: Any) -> None:
    with pytest.raises(ClientError, match="InvokeRestApi alone"):
        mwaa.get_environment(Name=MWAA_ENVIRONMENT)


def invoke(airflow: AirflowClient | None) -> tuple[str, dict[str, Any]]:
    client = Client(MwaaApplication(MWAA_ENVIRONMENT, airflow))
    body = json.dumps({"Path": "/dags", "Method": "GET"})
    answer = client.post(f"/restapi/{MWAA_ENVIRONMENT}", data=body)
    assert answer.status_code >= 400
    return answer.headers["x-amzn-ErrorType"], json.loads(answer.data)


def test_wrong_credentials_are_refused_without_showing_them(airflow: FakeAirflow) -> None:
    kind, document = invoke(AirflowClient(AirflowAccess(airflow.url, USERNAME, "wrong-one")))

    assert kind == "AccessDeniedException"
    assert USERNAME in document["Message"]
    assert "wrong-one" not in document["Message"]
    assert "secret" not in repr(AirflowAccess(airflow.url, USERNAME, PASSWORD))


def test_without_airflow_the_error_names_the_flag() -> None:
    kind, document = invoke(None)

    assert kind == "RestApiServerException"
    assert "--airflow-url" in document["RestApiResponse"]["detail"]
