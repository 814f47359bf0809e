"""The Lambda function in front of a fake Airflow, reached in both ways."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lambdas.upload_to_dag_run import connection, notes
from tests.unit.lambdas.fake_airflow import USER, FakeAirflow, serve
from tests.unit.lambdas.function import Function

OURS = ("AWS_", "AIRFLOW_", "MWAA_", "UPLOADS_")


@pytest.fixture(autouse=True)
def fresh_container(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Return a container that has not run yet, in a separate environment."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    connection.airflow_api.cache_clear()
    notes.s3_client.cache_clear()
    yield
    connection.airflow_api.cache_clear()
    notes.s3_client.cache_clear()


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with serve() as fake:
        yield fake


@pytest.fixture
def rest(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> FakeAirflow:
    """Airflow reached by its URL."""
    monkeypatch.setenv("AIRFLOW_URL", airflow.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", airflow.url)
    monkeypatch.setenv("AIRFLOW_USERNAME", USER["username"])
    monkeypatch.setenv("AIRFLOW_PASSWORD", USER["password"])
    return airflow


@pytest.fixture
def mwaa(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> FakeAirflow:
    """Airflow reached by MWAA's InvokeRestApi."""
    monkeypatch.setenv("MWAA_ENVIRONMENT", airflow.environment)
    monkeypatch.setenv("AWS_ENDPOINT_URL", airflow.url)
    return airflow


@pytest.fixture(params=["rest", "mwaa"])
def either(request: pytest.FixtureRequest) -> FakeAirflow:
    """Airflow reached in each way."""
    found: FakeAirflow = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def function(capsys: pytest.CaptureFixture[str]) -> Function:
    return Function(capsys)
