"""A task's job is submitted, taken up, or ended, on the embedded AWS."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from emmaa_airflow.batch.client import BatchClient
from tests.dags.jobs_on_batch import ensure, finished, identity, job, until


def test_a_new_job_carries_all_that_was_planned(jobs: BatchClient) -> None:
    who = identity()
    submitted = ensure(jobs, job("a b", "*"), who, {"EMMAA_RUN_ID": "run"})
    assert not submitted.reattached
    found = jobs.describe([submitted.job_id])[0]
    assert found["jobName"] == who.name
    assert found["container"]["command"][2:] == ["a b", "*"]
    assert {"name": "EMMAA_RUN_ID", "value": "run"} in found["container"]["environment"]
    assert found["tags"]["model"] == "m"
    assert found["retryStrategy"]["attempts"] > 1  # the definition's own


def test_timeout_and_attempts_of_the_job_replace_the_definition_s(jobs: BatchClient) -> None:
    planned = replace(job(), timeout_seconds=77, attempts=2)
    submitted = ensure(jobs, planned, identity(), {})
    found = jobs.describe([submitted.job_id])[0]
    assert found["timeout"]["attemptDurationSeconds"] == 77
    assert found["retryStrategy"]["attempts"] == 2
    assert [rule["action"] for rule in found["retryStrategy"]["evaluateOnExit"]] == [
        "RETRY",
        "EXIT",
    ]


@pytest.mark.parametrize("arguments", [("-slow",), ()], ids=["running", "succeeded"])
def test_a_job_that_is_there_is_taken_up(jobs: BatchClient, arguments: tuple[str, ...]) -> None:
    who = identity()
    first = ensure(jobs, job(*arguments), who, {})
    if not arguments:
        until(jobs, first.job_id, finished)
    again = ensure(jobs, job(*arguments), who, {})
    assert again.reattached
    assert again.job_id == first.job_id
    jobs.terminate(first.job_id, "the test is over")


def test_a_job_that_failed_for_a_while_is_replaced(jobs: BatchClient) -> None:
    who = identity()
    first = ensure(jobs, job("-exit3"), who, {})
    until(jobs, first.job_id, finished)
    again = ensure(jobs, job("-exit3"), who, {})
    assert not again.reattached
    assert again.job_id != first.job_id


def test_a_failure_of_which_no_attempt_has_told_is_taken_up_to_be_told(jobs: BatchClient) -> None:
    who = identity()
    first = ensure(jobs, job("-exit1"), who, {})
    until(jobs, first.job_id, finished)
    again = ensure(jobs, job("-exit1"), who, {})
    assert (again.job_id, again.status, again.reattached) == (first.job_id, "FAILED", True)


def test_a_cleared_task_gets_a_new_job_and_its_old_one_is_ended(jobs: BatchClient) -> None:
    task = uuid.uuid4().hex[:12]
    old = ensure(jobs, job("-slow"), identity(0, task), {})
    new = ensure(jobs, job(), identity(1, task), {})
    assert not new.reattached
    ended = until(jobs, old.job_id, finished)
    assert ended["status"] == "FAILED"
    assert "cleared" in ended["statusReason"]


def test_a_cleared_task_leaves_what_has_finished(jobs: BatchClient) -> None:
    task = uuid.uuid4().hex[:12]
    old = ensure(jobs, job(), identity(0, task), {})
    until(jobs, old.job_id, finished)
    assert not ensure(jobs, job(), identity(1, task), {}).reattached
    assert jobs.describe([old.job_id])[0]["status"] == "SUCCEEDED"
