"""One embedded AWS for the whole session, forwarding to one fake Airflow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from emmaa_cycle.resources import MWAA_ENVIRONMENT
from infra.local.provisioning.provision import provision
from infra.shared.function_package import build_function_package
from tests.integration.aws_driver import (
    DEFINITION,
    QUEUE,
    REPOSITORY,
    Batch,
    Gate,
    Server,
    start_server,
)
from tests.integration.fake_airflow import PASSWORD, USERNAME, FakeAirflow

RETRY_DELAYS = "0.05,0.1"


@pytest.fixture(scope="session")
def airflow() -> Iterator[FakeAirflow]:
    airflow = FakeAirflow()
    airflow.start()
    yield airflow
    airflow.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, airflow: FakeAirflow) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("aws")
    attempts = folder / "network-attempts.log"
    server = start_server(
        folder,
        *("--slots", "2", "--stop-grace", "1", "--retry-delays", RETRY_DELAYS),
        *("--airflow-url", airflow.url, "--mwaa-environment", MWAA_ENVIRONMENT),
        *("--least-timeout", "1"),
        *("--pass-variable", "PYTHONPATH", "--pass-variable", "EMMAA_NETWORK_GUARD_LOG"),
        *("--pass-variable", "PASSED", "--pass-variable", "NOT_SET"),
        LOCAL_AIRFLOW_USERNAME=USERNAME,
        LOCAL_AIRFLOW_PASSWORD=PASSWORD,
        PASSED="to jobs and functions",
        SERVERS_OWN="must reach no job",
        PYTHONPATH=f"{REPOSITORY / 'infra' / 'local' / 'network_guard'}",
        EMMAA_NETWORK_GUARD_LOG=str(attempts),
    )
    try:
        provision(
            server.url,
            job_environment={"FROM_PROVISION": "1"},
            function_zip=build_function_package(),
            function_environment={"MWAA_ENVIRONMENT": MWAA_ENVIRONMENT},
        )
        _provide_test_definition(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGTERM)
        server.process.wait(30)
        assert server.process.stdout is not None
        server.process.stdout.close()
    assert not attempts.exists(), attempts.read_text()


@pytest.fixture
def batch(server: Server) -> Iterator[Batch]:
    """Batch; after each test the server must still be there, and its slots free."""
    batch = Batch(server)
    yield batch
    assert batch.run("true")["status"] == "SUCCEEDED"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path / "open")
    yield gate
    gate.open()


def _provide_test_definition(server: Server) -> None:
    batch = server.client("batch")
    environment = batch.describe_compute_environments()["computeEnvironments"][0]
    batch.create_job_queue(
        jobQueueName=QUEUE,
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[
            {"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}
        ],
    )
    batch.register_job_definition(
        jobDefinitionName=DEFINITION,
        type="container",
        containerProperties={
            "image": "any",
            "command": ["sh", "-c", "echo the default command"],
            "resourceRequirements": [
                {"type": "MEMORY", "value": "1000"},
                {"type": "VCPU", "value": "1"},
            ],
            "environment": [
                {"name": "DEFINED", "value": "by the definition"},
                {"name": "BOTH", "value": "definition"},
            ],
        },
    )
