"""The way to Airflow on Amazon MWAA."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.upload_to_dag_run.handler import UploadsFailedError
from lambdas.upload_to_dag_run.mwaa import MwaaApi
from tests.unit.lambdas.events import sample
from tests.unit.lambdas.fake_airflow import FakeAirflow
from tests.unit.lambdas.function import Function


def test_the_request_is_invoke_rest_api(mwaa: FakeAirflow, function: Function) -> None:
    function(sample("model"))

    [(method, path, request)] = mwaa.requests
    assert (method, path) == ("POST", "/restapi/emmaa")
    assert request["Method"] == "POST"
    assert request["Path"] == "/dags/emmaa_mm_update/dagRuns"
    assert request["Body"] == next(iter(mwaa.runs.values()))


def test_an_environment_that_does_not_exist_is_an_error(
    mwaa: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MWAA_ENVIRONMENT", "another")
    with pytest.raises(UploadsFailedError, match="ResourceNotFoundException"):
        function(sample("model"))


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        (None, "https://env.airflow.us-east-1.amazonaws.com/restapi/emmaa"),
        ("AWS_ENDPOINT_URL", "https://aws.example.com/restapi/emmaa"),
        ("AWS_ENDPOINT_URL_MWAA", "https://aws.example.com/restapi/emmaa"),
    ],
)
def test_the_host_s_prefix_is_left_out_at_an_own_endpoint_only(
    variable: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "https://aws.example.com")
    called: list[str] = []

    def stop(request: Any, **_: Any) -> None:
        called.append(request.url)
        raise InterruptedError

    api = MwaaApi("emmaa")
    api._client.meta.events.register("before-send.mwaa", stop)
    with pytest.raises(InterruptedError):
        api.post("/dags/emmaa_mm_update/dagRuns", {})
    assert called == [url]
