"""The way to an Airflow with a URL: tokens, secrets, faults of the network."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from emmaa_cycle.errors import InputError
from lambdas.upload_to_dag_run import rest as rest_module
from lambdas.upload_to_dag_run.credentials import Credentials
from lambdas.upload_to_dag_run.handler import UploadsFailedError
from tests.unit.lambdas.events import event, model_record, sample
from tests.unit.lambdas.fake_airflow import USER, FakeAirflow, Fault
from tests.unit.lambdas.function import Function


def test_one_token_serves_the_container_s_life(rest: FakeAirflow, function: Function) -> None:
    function(event(model_record("one"), model_record("two")))
    function(event(model_record("three")))

    assert rest.posts("/auth/token") == 1
    assert rest.posts("/dagRuns") == 3


@pytest.mark.parametrize("refusal", [401, 403])
def test_a_refused_token_is_renewed(rest: FakeAirflow, function: Function, refusal: int) -> None:
    """401: expired; 403: Airflow was restarted with another signing key."""
    function(event(model_record("one")))
    rest.tokens.clear()
    rest.refusal = refusal

    assert function(event(model_record("two"), model_record("three"))) == {"started": 2}
    assert rest.posts("/auth/token") == 2


def test_a_user_without_permission_is_not_tried_for_ever(
    rest: FakeAirflow, function: Function
) -> None:
    function(event(model_record("one")))
    rest.faults.extend([Fault(403), Fault(403)])
    with pytest.raises(UploadsFailedError, match="HTTP 403"):
        function(event(model_record("two")))
    assert rest.posts("/auth/token") == 2


def test_wrong_credentials_are_told_without_the_password(
    rest: FakeAirflow, function: Function
) -> None:
    rest.user["password"] = "rotated"
    with pytest.raises(UploadsFailedError, match=r"gave no token to 'emmaa': HTTP 401") as caught:
        function(sample("model"))
    assert USER["password"] not in function.printed + str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [{}, {"access_token": None}, {"access_token": 5}, {"token": "t"}, [], "signed in", None],
)
@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_without_a_token_starts_nothing(
    rest: FakeAirflow,
    function: Function,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    answer: object,
) -> None:
    """A proxy's page of login, for example, has status 200."""
    monkeypatch.setattr(rest, "create_token", lambda _: (status, answer))
    with pytest.raises(UploadsFailedError, match=f"gave no token to 'emmaa': HTTP {status}"):
        function(sample("model"))
    assert rest.posts("/dagRuns") == 0


def test_a_token_in_an_answer_that_refuses_is_not_used(
    rest: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "create_token", lambda _: (401, {"access_token": "old"}))
    with pytest.raises(UploadsFailedError, match="gave no token to 'emmaa': HTTP 401"):
        function(sample("model"))
    assert rest.posts("/dagRuns") == 0


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"],
    ids=["closed", "no HTTP", "cut off"],
)
def test_what_is_no_answer_of_http_is_told_as_none(
    function: Function, rest: FakeAirflow, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """http.client raises its own errors for it, which are not OSErrors."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AIRFLOW_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        thread = threading.Thread(target=answer_once, args=(server, answer))
        thread.start()
        with pytest.raises(UploadsFailedError, match="no answer from"):
            function(sample("model"))
        thread.join()


def answer_once(server: socket.socket, answer: bytes) -> None:
    """Read a request and send these bytes, whatever they are."""
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


def test_neither_password_nor_token_is_printed(rest: FakeAirflow, function: Function) -> None:
    function(event(model_record("one")))
    printed = function.printed
    rest.faults.append(Fault(500))
    with pytest.raises(UploadsFailedError):
        function(event(model_record("two")))

    [token] = rest.tokens
    assert USER["password"] not in printed + function.printed
    assert token not in printed + function.printed
    assert "s3cret" not in repr(Credentials(**USER))


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'{"dag_run_id": "another"}', b"[]"])
def test_a_login_page_does_not_pass_for_a_run(
    rest: FakeAirflow, function: Function, body: bytes
) -> None:
    rest.faults.append(Fault(200, body))
    with pytest.raises(UploadsFailedError, match="does not name the run"):
        function(sample("model"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_not_followed(
    rest: FakeAirflow, function: Function, status: int
) -> None:
    """A POST that is redirected would go on as a GET, which succeeds and starts nothing."""
    target = f"{rest.url}/elsewhere"
    rest.faults.append(Fault(status, headers={"Location": target}))
    with pytest.raises(UploadsFailedError, match=f"redirected to {target}"):
        function(sample("model"))
    assert rest.posts("/elsewhere") == 0


@pytest.mark.parametrize("end", ["", "/"])
def test_airflow_may_live_under_a_path(
    rest: FakeAirflow, function: Function, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.prefix = "/tools/airflow"
    monkeypatch.setenv("AIRFLOW_URL", rest.url + rest.prefix + end)

    assert function(sample("model")) == {"started": 1}
    assert [path for _, path, _ in rest.requests] == [
        "/tools/airflow/auth/token",
        "/tools/airflow/api/v2/dags/emmaa_mm_update/dagRuns",
    ]


def test_an_airflow_that_is_down_is_an_error_for_every_record(
    rest: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("AIRFLOW_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(UploadsFailedError, match=f"2 of 2 .*no answer from .*:{port}/auth/token"):
        function(event(model_record("one"), model_record("two")))


def test_an_airflow_that_does_not_answer_is_given_up(
    rest: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_module, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AIRFLOW_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(UploadsFailedError, match="timed out"):
            function(sample("model"))


@pytest.fixture
def secret(rest: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> FakeAirflow:
    """Airflow by its URL, with the credentials in Secrets Manager."""
    monkeypatch.delenv("AIRFLOW_USERNAME")
    monkeypatch.delenv("AIRFLOW_PASSWORD")
    monkeypatch.setenv("AIRFLOW_SECRET", "emmaa/airflow")
    monkeypatch.setenv("AWS_ENDPOINT_URL", rest.url)
    rest.secrets["emmaa/airflow"] = json.dumps(USER)
    return rest


def test_credentials_come_from_the_secret(secret: FakeAirflow, function: Function) -> None:
    assert function(event(model_record("one"), model_record("two"))) == {"started": 2}
    assert USER["password"] not in function.printed


def test_a_rotated_password_is_found_when_the_token_is_renewed(
    secret: FakeAirflow, function: Function
) -> None:
    function(event(model_record("one")))
    secret.tokens.clear()
    secret.user["password"] = "rotated"
    secret.secrets["emmaa/airflow"] = json.dumps(secret.user)

    assert function(event(model_record("two"))) == {"started": 1}


def test_a_secret_that_is_missing_is_an_error(secret: FakeAirflow, function: Function) -> None:
    secret.secrets.clear()
    with pytest.raises(UploadsFailedError, match="ResourceNotFoundException"):
        function(sample("model"))


@pytest.mark.parametrize(
    "content", ["hunter2", '"hunter2"', "[]", '{"password": "hunter2"}', '{"username": 1}']
)
def test_a_secret_of_another_form_is_told_without_its_content(
    secret: FakeAirflow, function: Function, content: str
) -> None:
    secret.secrets["emmaa/airflow"] = content
    with pytest.raises(UploadsFailedError, match=r"'emmaa/airflow'.* is not JSON of the form") as e:
        function(sample("model"))
    assert "hunter2" not in str(e.value) + function.printed


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "MWAA_ENVIRONMENT.* or AIRFLOW_URL"),
        ({"MWAA_ENVIRONMENT": "", "AIRFLOW_URL": ""}, "MWAA_ENVIRONMENT.* or AIRFLOW_URL"),
        ({"MWAA_ENVIRONMENT": "emmaa", "AIRFLOW_URL": "https://a"}, "both set"),
        ({"AIRFLOW_URL": "https://a"}, "AIRFLOW_SECRET"),
        ({"AIRFLOW_URL": "https://a", "AIRFLOW_USERNAME": "u"}, "AIRFLOW_PASSWORD"),
        ({"AIRFLOW_URL": "a.example.com"}, "AIRFLOW_URL 'a.example.com'"),
        ({"AIRFLOW_URL": "ftp://a"}, "AIRFLOW_URL 'ftp://a'"),
        ({"AIRFLOW_URL": "https://"}, "AIRFLOW_URL 'https://'"),
        ({"AIRFLOW_URL": "https://["}, "AIRFLOW_URL"),
        ({"AIRFLOW_URL": "https://a:port"}, "AIRFLOW_URL"),
        ({"AIRFLOW_URL": "https://a/?x=1"}, "AIRFLOW_URL"),
    ],
)
def test_a_wrong_environment_is_told_by_the_variable(
    function: Function,
    environment: dict[str, str],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=named):
        function(sample("test_event"))


def test_credentials_in_the_url_are_refused_unseen(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_URL", "https://emmaa:hunter2@airflow.example.com")
    with pytest.raises(InputError, match="AIRFLOW_SECRET") as caught:
        function(sample("model"))
    assert "hunter2" not in str(caught.value)
