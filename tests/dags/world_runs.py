"""Runs of DAGs in tests, with their tasks and Batch jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs


@dataclass(frozen=True)
class Job:
    """A job that was submitted.

    :param definition: the name of its job definition
    """

    name: str
    definition: str
    status: str
    command: list[str]
    environment: dict[str, str]
    tags: dict[str, str]

    @property
    def script(self) -> str:
        """The script and its arguments."""
        return " ".join(self.command[2:])


@dataclass(frozen=True)
class Run:
    """A DAG run that has ended.

    :param tasks: the state of each task instance, mapped ones as ``<task id>[<label>]``
    :param notes: what failed or skipped tasks said, by the same keys
    :param tries: the number of each task instance's last try, by the same keys
    :param xcoms: what tasks that are not mapped have left, by task id and key
    """

    run_id: str
    state: str
    tasks: dict[str, str]
    notes: dict[str, str]
    jobs: list[Job]
    tries: dict[str, int]
    xcoms: dict[tuple[str, str], Any]

    def job(self, script: str) -> Job:
        """Return the only job of a script that has these arguments."""
        (found,) = [job for job in self.jobs if job.script.startswith(script)]
        return found


@contextmanager
def untouched_params(dag: Any) -> Iterator[None]:
    """Undo what runs of one process leave behind: they write their conf into the params."""
    owners = [dag.params, *(task.params for task in dag.tasks)]
    params = [owner.get_param(name) for owner in owners for name in owner]
    defaults = [param.value for param in params]
    yield
    for param, default in zip(params, defaults, strict=True):
        param.value = default


@contextmanager
def run_named(run_id: str | None) -> Iterator[None]:
    """Let ``dag.test()`` go on with a run that has begun, or give its new run an id."""
    from airflow.models import dagrun
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    def get_or_create(*, dag: Any, session: Any, **options: Any) -> Any:
        query = select(dagrun.DagRun).where(
            dagrun.DagRun.dag_id == dag.dag_id, dagrun.DagRun.run_id == run_id
        )
        if found := session.scalar(query):
            found.dag = dag
            return found
        # What this stands in for would first delete another run that has no logical date.
        named = {**options, "run_id": run_id, "run_type": DagRunType.MANUAL}
        return dag.create_dagrun(**named, state=DagRunState.RUNNING, session=session)

    with pytest.MonkeyPatch.context() as patch:
        if run_id is not None:
            patch.setattr(dagrun, "get_or_create_dagrun", get_or_create)
        yield


@contextmanager
def recorded_notes() -> Iterator[dict[tuple[str, int], str]]:
    """Record what tasks say when they fail or skip, by task id and map index."""
    from airflow.sdk.execution_time import supervisor

    notes: dict[tuple[str, int], str] = {}
    run_task = supervisor.run_task_in_process

    def recording(ti: Any, task: Any, **options: Any) -> Any:
        with capture_logs() as events:
            result = run_task(ti, task, **options)
        reasons = [event["reason"] for event in events if "reason" in event]
        if result.error or reasons:
            notes[ti.task_id, ti.map_index] = str(result.error or reasons[-1])
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "run_task_in_process", recording)
        yield notes


def _key(ti: Any) -> str:
    if ti.map_index < 0:
        return str(ti.task_id)
    return f"{ti.task_id}[{ti.rendered_map_index or ti.map_index}]"


def _xcoms(run_id: str) -> dict[tuple[str, str], Any]:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(select(XComModel).where(XComModel.run_id == run_id))
        own = [xcom for xcom in found if xcom.map_index < 0]
        return {(xcom.task_id, xcom.key): _plain(xcom.value) for xcom in own}


def _plain(value: Any) -> Any:
    # The database gives text back as it stored it, and anything else read.
    return json.loads(value) if isinstance(value, str) and value[:1] in ('"', "[", "{") else value


def _job(job: dict[str, Any]) -> Job:
    environment = {item["name"]: item["value"] for item in job["container"]["environment"]}
    definition = job["jobDefinition"].rpartition("/")[2].partition(":")[0]
    return Job(
        job["jobName"],
        definition,
        job["status"],
        job["container"]["command"],
        environment,
        job["tags"],
    )
