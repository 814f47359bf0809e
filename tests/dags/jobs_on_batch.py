"""A task and its job, as the tests of jobs on the embedded AWS make them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.submission import Submission, Submitted
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.resources import BATCH_TARGETS, ResourceClass
from emmaa_cycle.stages import Stage

Job = dict[str, Any]
TARGET = BATCH_TARGETS[ResourceClass.NORMAL]
LARGER = BATCH_TARGETS[ResourceClass.LARGE]


def job(*arguments: str) -> BatchJob:
    """Return a job that ends as its arguments say (fake_job.py)."""
    command = ["python", "tests/dags/fake_job.py", *arguments]
    return BatchJob(Stage.EMAIL, "job", TARGET.queue, TARGET.definition, command, {"model": "m"})


def identity(series: int = 0, task: str | None = None) -> JobIdentity:
    """Of a task's job; of a new task if none is named.

    :param series: how often the task was cleared
    """
    prefix = f"job-{task or uuid.uuid4().hex[:12]}-"
    return JobIdentity(prefix, f"{prefix}{series}")


def ensure(
    batch: BatchClient,
    planned: BatchJob,
    who: JobIdentity,
    environment: dict[str, str],
    **options: Any,
) -> Submitted:
    """Have a job submitted, or find it."""
    return Submission(batch, planned, who, environment, **options).ensure()


def until(jobs: BatchClient, job_id: str, reached: Callable[[Job], bool]) -> Job:
    """Wait for a job to be so."""
    deadline = time.monotonic() + 60
    while not reached(found := jobs.describe([job_id])[0]):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def finished(found: Job) -> bool:
    """Return whether a job has reached a final state."""
    return found["status"] in ("SUCCEEDED", "FAILED")


@dataclass
class Instance:
    """A running task instance."""

    run_id: str = field(default_factory=lambda: f"run-{uuid.uuid4().hex[:8]}")
    try_number: int = 1
    max_tries: int = 3
    dag_id: str = "dag"
    task_id: str = "task"
    map_index: int | None = -1
    xcoms: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value
