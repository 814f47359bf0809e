"""Finding, submitting and ending jobs, on the embedded AWS."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from emmaa_airflow.batch_jobs import BatchJobs
from emmaa_airflow.job_identity import JobIdentity
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.resources import BATCH_TARGETS, ResourceClass
from emmaa_cycle.stages import Stage

Job = dict[str, Any]
TARGET = BATCH_TARGETS[ResourceClass.NORMAL]


@pytest.fixture
def jobs(aws: str) -> BatchJobs:
    return BatchJobs(boto3.client("batch"))


def job(*arguments: str) -> BatchJob:
    command = ["python", "tests/dags/fake_job.py", *arguments]
    return BatchJob(Stage.EMAIL, "job", TARGET.queue, TARGET.definition, command, {"model": "m"})


def identity(series: int = 0, task: str | None = None) -> JobIdentity:
    prefix = f"job-{task or uuid.uuid4().hex[:12]}-"
    return JobIdentity(prefix, f"{prefix}{series}")


def until(jobs: BatchJobs, job_id: str, reached: Callable[[Job], bool]) -> Job:
    """Wait for a job to be so."""
    deadline = time.monotonic() + 60
    while not reached(found := jobs.describe([job_id])[0]):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def finished(found: Job) -> bool:
    """Whether a job will not change any more."""
    return found["status"] in ("SUCCEEDED", "FAILED")


def test_a_new_job_carries_all_that_was_planned(jobs: BatchJobs) -> None:
    who = identity()
    submitted = jobs.ensure(job("a b", "*"), who, {"EMMAA_RUN_ID": "run"})
    assert not submitted.reattached
    found = jobs.describe([submitted.job_id])[0]
    assert found["jobName"] == who.name
    assert found["container"]["command"][2:] == ["a b", "*"]
    assert {"name": "EMMAA_RUN_ID", "value": "run"} in found["container"]["environment"]
    assert found["tags"]["model"] == "m"
    assert found["retryStrategy"]["attempts"] > 1  # the definition's own


@pytest.mark.parametrize("arguments", [("-slow",), ()], ids=["running", "succeeded"])
def test_a_job_that_is_there_is_taken_up(jobs: BatchJobs, arguments: tuple[str, ...]) -> None:
    who = identity()
    first = jobs.ensure(job(*arguments), who, {})
    if not arguments:
        until(jobs, first.job_id, finished)
    again = jobs.ensure(job(*arguments), who, {})
    assert again.reattached
    assert again.job_id == first.job_id
    jobs.terminate(first.job_id, "the test is over")


def test_a_failed_job_is_not_taken_up(jobs: BatchJobs) -> None:
    who = identity()
    first = jobs.ensure(job("-exit1"), who, {})
    until(jobs, first.job_id, finished)
    again = jobs.ensure(job("-exit1"), who, {})
    assert not again.reattached
    assert again.job_id != first.job_id


def test_a_cleared_task_gets_a_new_job_and_its_old_one_is_ended(jobs: BatchJobs) -> None:
    task = uuid.uuid4().hex[:12]
    old = jobs.ensure(job("-slow"), identity(0, task), {})
    new = jobs.ensure(job(), identity(1, task), {})
    assert not new.reattached
    ended = until(jobs, old.job_id, finished)
    assert ended["status"] == "FAILED"
    assert "cleared" in ended["statusReason"]


def test_a_cleared_task_leaves_what_has_finished(jobs: BatchJobs) -> None:
    task = uuid.uuid4().hex[:12]
    old = jobs.ensure(job(), identity(0, task), {})
    until(jobs, old.job_id, finished)
    assert not jobs.ensure(job(), identity(1, task), {}).reattached
    assert jobs.describe([old.job_id])[0]["status"] == "SUCCEEDED"


class Pages:
    """A Batch client whose listing has two pages."""

    def __init__(self) -> None:
        self.submitted = 0

    def list_jobs(self, nextToken: str = "", **query: Any) -> dict[str, Any]:
        summary = {"jobName": "job-t-0", "createdAt": 2, "status": "RUNNING", "jobId": "new"}
        if nextToken:
            return {"jobSummaryList": [{**summary, "createdAt": 3, "jobId": "newest"}]}
        return {"jobSummaryList": [summary], "nextToken": "more"}

    def submit_job(self, **request: Any) -> dict[str, Any]:
        self.submitted += 1
        return {"jobId": "submitted"}


def test_all_pages_are_looked_at() -> None:
    client = Pages()
    assert BatchJobs(client).ensure(job(), JobIdentity("job-t-", "job-t-0"), {}).job_id == "newest"
    assert client.submitted == 0
