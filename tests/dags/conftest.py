"""DAG runs in this process, against an embedded AWS whose jobs do nothing but end as asked.

Airflow reads its configuration when it is first imported, so the environment is set here, before
any test module is collected.
"""

from __future__ import annotations

import functools
import itertools
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from infra.shared.postgres import HOST, USER, free_port, served

REPOSITORY = Path(__file__).resolve().parents[2]
_HOME = tempfile.TemporaryDirectory(prefix="emmaa-airflow-")
#: Environments of other commands (``make mwaa-check``, ``make canary``) have another Airflow than
#: the template's, and need no driver of PostgreSQL: there, the database is what they say.
_POSTGRES_PORT = free_port() if Path(sys.prefix).resolve() == REPOSITORY / ".venv" else None
if _POSTGRES_PORT is not None:
    _ADDRESS = f"{USER}@{HOST}:{_POSTGRES_PORT}/airflow"
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"postgresql+psycopg2://{_ADDRESS}"

os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "regexp",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
}


import boto3  # noqa: E402
import pytest  # noqa: E402

from emmaa_airflow.batch.client import BatchClient  # noqa: E402
from emmaa_cycle.settings import load_settings  # noqa: E402
from infra.local.aws.runtime.environment import aws_environment  # noqa: E402
from infra.local.stack.database import new_cluster  # noqa: E402
from tests.airflow_warnings import let_airflow_warn  # noqa: E402
from tests.dags import quick_airflow  # noqa: E402
from tests.dags.embedded_aws import running_aws  # noqa: E402
from tests.dags.world import World, job_settings  # noqa: E402

#: The ids of all DAGs: each has a file of its name.
DAGS = sorted(file.stem for file in (REPOSITORY / "dags").glob("*.py"))
_numbers = itertools.count(1)
T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    let_airflow_warn(items, Path(__file__).parent)


@pytest.fixture(scope="session", autouse=True)
def quick_forms() -> Iterator[None]:
    """Check the schemas of params once, also where a test needs no database of Airflow."""
    with pytest.MonkeyPatch.context() as patch:
        quick_airflow.check_schemas_once(patch)
        yield


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Yield the endpoint of an embedded AWS with queues and job definitions."""
    with running_aws(REPOSITORY) as url, pytest.MonkeyPatch.context() as patch:
        quick_airflow.make_sessions_once(patch)
        yield url


@pytest.fixture(scope="session")
def airflow() -> Iterator[None]:
    """Set up a database of Airflow, and one execution API for all tasks instead of one for each."""
    from airflow.sdk.execution_time import supervisor, task_runner

    with _airflow_database(), pytest.MonkeyPatch.context() as patch:
        server = functools.cache(supervisor.in_process_api_server)
        patch.setattr(supervisor, "in_process_api_server", server)
        patch.setattr(task_runner, "finalize", _finalize_like_a_worker(task_runner.finalize))
        patch.setattr(task_runner, "run", _without_handler(task_runner.run))
        quick_airflow.repeat_nothing(patch)
        yield


def _without_handler(run: Callable[..., T]) -> Callable[..., T]:
    """Leave SIGTERM to the test run: a task takes it for itself, also after its end."""

    @functools.wraps(run)
    def run_without_handler(*args: Any) -> T:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(signal, "signal", lambda *_: None)
            return run(*args)

    return run_without_handler


@contextmanager
def _airflow_database() -> Iterator[None]:
    if _POSTGRES_PORT is None:
        from airflow.utils.db import initdb

        initdb()
        yield
        return
    cluster = new_cluster(Path(_HOME.name) / "postgres", print)
    # The address is chosen before there is a password.
    (cluster.data / "pg_hba.conf").write_text(f"host all all {HOST}/32 trust\n")
    with served(cluster, _POSTGRES_PORT):
        yield


def _finalize_like_a_worker(finalize: Any) -> Any:
    """Pass the error to callbacks, as a worker does; Airflow 3.2's own runner does not."""

    def finalize_with_exception(
        ti: Any, state: Any, context: Any, log: Any, error: Any = None
    ) -> None:
        context["exception"] = error
        finalize(ti, state, context, log, error)

    return finalize_with_exception


@pytest.fixture(scope="session")
def dag_bag() -> Any:
    """Return the DAGs of the repository, for which Airflow needs no database."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk import BaseSensorOperator

    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert not bag.import_errors
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        task.retry_delay = timedelta(0)  # a retry in a test waits for nothing
        task.retry_exponential_backoff = False
        if isinstance(task, BaseSensorOperator):
            task.poke_interval = 0
    return bag


@pytest.fixture(params=DAGS)
def dag(request: pytest.FixtureRequest, dag_bag: Any) -> Any:
    """Each DAG of the repository in turn."""
    return dag_bag.dags[request.param]


@pytest.fixture
def aws(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Connect to the embedded AWS as in production, with a new bucket for the test."""
    bucket = f"emmaa-test-{next(_numbers)}"
    for name, value in {**aws_environment(aws_url, "us-east-1"), **job_settings(bucket)}.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    yield bucket
    load_settings.cache_clear()


@pytest.fixture
def world(aws: str, airflow: None, dag_bag: Any) -> World:
    """Return an empty bucket, and all DAGs ready to run."""
    world = World(aws, dag_bag)
    world.s3.create_bucket(Bucket=aws)
    return world


@pytest.fixture
def jobs(aws: str) -> BatchClient:
    """Return the jobs of the embedded AWS."""
    return BatchClient(boto3.client("batch"))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the lengths of all sleeps; no time passes."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept
