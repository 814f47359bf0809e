"""Tests of the report about a finished job."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_airflow.batch.job_log import read_log
from emmaa_airflow.batch.outcome import (
    DEFAULT_LOG_GROUP,
    LogLocation,
    error_lines,
    job_outcome,
    log_location,
    log_tail,
)

NO_CAPACITY = (
    "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
)
HOST_LOST = "Host EC2 (instance i-1) terminated."
NO_IMAGE = "CannotPullContainerError: Error response from daemon:"


def finished(
    status: str = "FAILED", *, exit_code: int | None = None, reason: str = "", **more: Any
) -> dict[str, Any]:
    container: dict[str, Any] = {"logStreamName": "emmaa_jobdef/default/2", "reason": reason}
    if exit_code is not None:
        container["exitCode"] = exit_code
    first = {"container": {"exitCode": 1, "logStreamName": "emmaa_jobdef/default/1"}}
    return {
        "jobId": "id-1",
        "jobName": "marm_update",
        "status": status,
        "container": {},
        "attempts": [first, {"container": container}],
        **more,
    }


def test_a_failure_says_which_job_how_and_why() -> None:
    job = finished(exit_code=2, reason="Essential container in task exited")
    message = job_outcome(job).message(read_log(["reading", "ERROR bad input: no such corpus"]))
    assert message.splitlines() == [
        "Batch job marm_update (id-1) failed with exit code 2 (bad input):"
        " Essential container in task exited. Its log ends with:",
        "ERROR bad input: no such corpus",
    ]


def test_a_reason_can_be_stored_whoever_gave_it() -> None:
    """A person may terminate a job with any reason."""
    job = finished(exit_code=1, reason="no\0\ud800 more")
    assert r"no\x00\ud800 more" in job_outcome(job).message([])


def test_a_failure_without_a_log_is_told_all_the_same() -> None:
    message = job_outcome(finished(reason="CannotPullContainerError")).message([])
    assert message.endswith("failed without an exit code: CannotPullContainerError")


@pytest.mark.parametrize(
    ("job", "heals"),
    [
        (finished(exit_code=1), False),
        (finished(exit_code=2), False),
        (finished(exit_code=3), True),
        (finished(exit_code=4), True),
        (finished(exit_code=137), False),
        (finished(statusReason="Host EC2 (instance i-1) terminated."), True),
        (finished(isTerminated=True, statusReason="by hand"), False),
        (finished(isTerminated=True, statusReason="Airflow: its task was killed"), True),
        (finished(statusReason="Job attempt duration exceeded timeout"), False),
        (finished(exit_code=137, statusReason="Job attempt duration exceeded timeout"), False),
        (finished(statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …"), False),
        (finished(statusReason="CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - …"), False),
        (finished(exit_code=137, statusReason=HOST_LOST), True),
        (finished(exit_code=143, statusReason=HOST_LOST), True),
        (finished(exit_code=137, isTerminated=True, statusReason=HOST_LOST), False),
        (finished(reason="DockerTimeoutError: Could not transition to created"), True),
        (finished(reason=f"{NO_IMAGE} dial tcp 10.0.0.1:443: i/o timeout"), True),
        (finished(reason=f"{NO_IMAGE} toomanyrequests: pull rate limit"), True),
        (finished(reason=f"{NO_IMAGE} 503 Service Unavailable"), True),
        (finished(reason=f"{NO_IMAGE} pull access denied for emmaa-jobs"), False),
        (finished(reason=f"{NO_IMAGE} manifest for emmaa-jobs:x not found"), False),
    ],
)
def test_only_what_another_try_may_heal_is_tried_again(job: dict[str, Any], heals: bool) -> None:
    outcome = job_outcome(job)
    assert outcome.heals is heals
    assert not outcome.succeeded


@pytest.mark.parametrize(
    ("job", "short"),
    [
        (finished(exit_code=137), True),
        (finished(exit_code=137, reason="OutOfMemoryError: Container killed"), True),
        (finished(exit_code=1, reason="OutOfMemoryError: Container killed"), True),
        (finished(exit_code=137, isTerminated=True, statusReason="by hand"), False),
        (finished(exit_code=137, statusReason="Job attempt duration exceeded timeout"), False),
        (finished(exit_code=137, statusReason=HOST_LOST), False),
        (finished(exit_code=1), False),
        (finished("SUCCEEDED", exit_code=0), False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_ends(job: dict[str, Any], short: bool) -> None:
    assert job_outcome(job).out_of_memory is short


@pytest.mark.parametrize(
    ("job", "lacked"),
    [
        (finished(statusReason=NO_CAPACITY), True),
        (finished(statusReason=NO_CAPACITY, isCancelled=True), True),
        ({**finished(statusReason=NO_CAPACITY), "attempts": []}, True),
        # Its first machine was taken away, and then there was no other.
        (finished(exit_code=137, reason=HOST_LOST, statusReason=NO_CAPACITY), True),
        (finished(statusReason=NO_CAPACITY, isTerminated=True), False),
        (finished(statusReason="by hand", isCancelled=True), False),
        (finished("SUCCEEDED", exit_code=0, statusReason=NO_CAPACITY), False),
        (finished(reason=NO_CAPACITY, exit_code=1), False),
        (finished(statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"), False),
        (finished(statusReason=None), False),
    ],
)
def test_a_lack_of_capacity_is_what_the_queue_says_of_a_job_that_it_cancelled(
    job: dict[str, Any], lacked: bool
) -> None:
    outcome = job_outcome(job)
    assert outcome.lacked_capacity is lacked
    assert not (lacked and outcome.out_of_memory)


@pytest.mark.parametrize(
    ("by_a_person", "stopped"),
    [
        ({"isTerminated": True}, True),
        ({"isCancelled": True}, True),
        ({"isTerminated": False, "isCancelled": True}, True),
        ({"isTerminated": False, "isCancelled": False}, False),
        ({}, False),
    ],
)
def test_a_person_ends_a_job_by_terminating_or_by_cancelling_it(
    by_a_person: dict[str, Any], stopped: bool
) -> None:
    """Without an exit code, a job that nobody ended was lost, and is tried again."""
    outcome = job_outcome(finished(statusReason="not needed", **by_a_person))
    assert outcome.stopped is stopped
    assert outcome.heals is not stopped
    assert outcome.message([]).endswith("failed without an exit code: not needed")


def test_the_last_attempt_counts() -> None:
    job = finished("SUCCEEDED", exit_code=0)
    assert job_outcome(job).succeeded
    assert log_location(job) == LogLocation(DEFAULT_LOG_GROUP, "emmaa_jobdef/default/2")


def test_the_log_group_may_be_another_one() -> None:
    options = {"logConfiguration": {"options": {"awslogs-group": "/emmaa/jobs"}}}
    location = log_location(finished(container=options))
    assert location
    assert location.group == "/emmaa/jobs"


def test_a_job_that_never_started_has_no_log() -> None:
    job = {"jobId": "id", "jobName": "name", "status": "FAILED", "container": {}}
    assert log_location(job) is None
    assert log_tail(None, None, 10) == []


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        (["a", "b", "c", "d", " "], ["b", "c", "d"]),
        (["a", "x ERROR y: first", "b", "x ERROR y: last", "c"], ["x ERROR y: last", "c"]),
        (["Traceback (most recent call last):", "  File", "KeyError: 'm'"], None),
        ([], []),
    ],
)
def test_the_lines_that_matter_are_picked(log: list[str], lines: list[str] | None) -> None:
    assert error_lines(read_log(log)) == (log if lines is None else lines)


class NoLog:
    """A CloudWatch client that has no such stream."""

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        error = {"Error": {"Code": "ResourceNotFoundException", "Message": "no stream"}}
        raise ClientError(error, "GetLogEvents")


def test_a_log_that_cannot_be_read_hides_nothing() -> None:
    assert log_tail(NoLog(), LogLocation("group", "stream"), 10) == []
