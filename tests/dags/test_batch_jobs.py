"""Finding, submitting and ending jobs, on the embedded AWS."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from emmaa_airflow import batch_jobs
from emmaa_airflow.batch_jobs import (
    LOOK_AFTER_SECONDS,
    STALE_SECONDS,
    BatchJobs,
    DateTakenError,
    SecondJobError,
)
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


def test_timeout_and_attempts_of_the_job_replace_the_definition_s(jobs: BatchJobs) -> None:
    planned = replace(job(), timeout_seconds=77, attempts=2)
    submitted = jobs.ensure(planned, identity(), {})
    found = jobs.describe([submitted.job_id])[0]
    assert found["timeout"]["attemptDurationSeconds"] == 77
    assert found["retryStrategy"]["attempts"] == 2
    assert [rule["action"] for rule in found["retryStrategy"]["evaluateOnExit"]] == [
        "RETRY",
        "EXIT",
    ]


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


def test_a_job_that_failed_for_a_while_is_replaced(jobs: BatchJobs) -> None:
    who = identity()
    first = jobs.ensure(job("-exit3"), who, {})
    until(jobs, first.job_id, finished)
    again = jobs.ensure(job("-exit3"), who, {})
    assert not again.reattached
    assert again.job_id != first.job_id


def test_a_failure_of_which_no_attempt_has_told_is_taken_up_to_be_told(jobs: BatchJobs) -> None:
    who = identity()
    first = jobs.ensure(job("-exit1"), who, {})
    until(jobs, first.job_id, finished)
    again = jobs.ensure(job("-exit1"), who, {})
    assert (again.job_id, again.status, again.reattached) == (first.job_id, "FAILED", True)


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


class Account:
    """A Batch client in memory.

    :param jobs: summaries that are there
    :param faults: what calls of SubmitJob raise, one after the other; None is no fault
    :param taken: whether a faulty SubmitJob has been done all the same
    :param page: how many jobs a listing shows at once
    """

    def __init__(
        self,
        *jobs: Job,
        faults: tuple[Exception | None, ...] = (),
        taken: bool = False,
        page: int = 100,
    ) -> None:
        self.jobs = list(jobs)
        self.faults = list(faults)
        self.taken = taken
        self.page = page
        self.submitted = 0
        self.terminated: list[str] = []
        self.listed: list[str] = []

    def list_jobs(
        self, jobQueue: str, filters: Any, nextToken: str = "0", **query: Any
    ) -> dict[str, Any]:
        self.listed.append(jobQueue)
        (prefix,) = filters[0]["values"]
        in_queue = [job for job in self.jobs if job.get("queue", jobQueue) == jobQueue]
        found = [job for job in in_queue if job["jobName"].startswith(prefix[:-1])]
        end = int(nextToken) + self.page
        shown = {"jobSummaryList": found[int(nextToken) : end]}
        return {**shown, "nextToken": str(end)} if end < len(found) else shown

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [job for job in self.jobs if job["jobId"] in jobs]}

    def submit_job(self, jobName: str, **request: Any) -> dict[str, Any]:
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.taken:
            self.submitted += 1
            queue = request["jobQueue"]
            new = summary(jobName, f"new-{self.submitted}", created=1000, queue=queue)
            self.jobs.append(new)
        if fault is not None:
            raise fault
        return {"jobId": f"new-{self.submitted}"}

    def terminate_job(self, jobId: str, reason: str) -> None:
        self.terminated.append(jobId)


def summary(name: str, job_id: str, status: str = "RUNNING", created: int = 0, **more: Any) -> Job:
    return {"jobName": name, "jobId": job_id, "status": status, "createdAt": created, **more}


WHO = JobIdentity("job-0123456789ab-", "job-0123456789ab-0")


def test_all_pages_are_looked_at() -> None:
    client = Account(summary(WHO.name, "a", "FAILED"), summary(WHO.name, "b"), page=1)
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "b"
    assert client.submitted == 0


def test_of_two_jobs_for_one_task_one_is_ended() -> None:
    client = Account(summary(WHO.name, "old", created=1), summary(WHO.name, "new", created=2))
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "new"
    assert client.terminated == ["old"]


def throttled() -> ClientError:
    error = {"Error": {"Code": "TooManyRequestsException", "Message": "slower"}}
    return ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 429}}, "SubmitJob")


def unavailable() -> ClientError:
    error = {"Error": {"Code": "ServerException", "Message": "a fault"}}
    return ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 500}}, "SubmitJob")


def lost() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://batch")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept; no time passes."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def test_throttling_is_waited_out(pauses: list[float]) -> None:
    client = Account(faults=(throttled(),) * 7)
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1
    assert len(pauses) == 7


@pytest.mark.parametrize("fault", [unavailable(), lost()], ids=["fault", "no answer"])
def test_a_submission_whose_answer_was_lost_is_looked_for(
    fault: Exception, pauses: list[float]
) -> None:
    client = Account(faults=(fault,), taken=True)
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1
    assert pauses == [LOOK_AFTER_SECONDS]


@pytest.mark.parametrize("fault", [unavailable(), lost()], ids=["fault", "no answer"])
def test_a_submission_that_was_not_taken_is_made_again(
    fault: Exception, pauses: list[float]
) -> None:
    client = Account(faults=(fault, fault))
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "new-1"


def test_a_submission_that_is_never_answered_fails(pauses: list[float]) -> None:
    with pytest.raises(ReadTimeoutError):
        BatchJobs(Account(faults=(lost(),) * 9)).ensure(job(), WHO, {})


def test_what_batch_refuses_is_not_asked_again(pauses: list[float]) -> None:
    refused = ClientError({"Error": {"Code": "ClientException"}}, "SubmitJob")
    with pytest.raises(ClientError, match="ClientException"):
        BatchJobs(Account(faults=(refused, None))).ensure(job(), WHO, {})
    assert pauses == []


def test_who_stood_still_looks_again_before_it_submits(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, STALE_SECONDS + 1, 500.0, 500.0])
    client = Account()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep)
    monkeypatch.setattr(batch_jobs, "time", clock)
    listing = client.list_jobs
    listings = 0

    def look(**query: Any) -> dict[str, Any]:
        nonlocal listings
        listings += 1
        shown = listing(**query)
        client.jobs = [summary(WHO.name, "by the next attempt")]  # while this one stood still
        return shown

    monkeypatch.setattr(client, "list_jobs", look)
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "by the next attempt"
    assert (client.submitted, listings) == (0, 2)


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_who_stood_still_while_it_submitted_ends_the_second_job(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, STALE_SECONDS + 2])
    client = Account()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep)
    monkeypatch.setattr(batch_jobs, "time", clock)
    submit = client.submit_job

    def late(**request: Any) -> dict[str, Any]:
        client.jobs.append(summary(WHO.name, "by the next attempt", status))
        return submit(**request)

    monkeypatch.setattr(client, "submit_job", late)
    with pytest.raises(SecondJobError, match="job new-1, and another attempt has one"):
        BatchJobs(client).ensure(job(), WHO, {})
    assert client.terminated == ["new-1"]


def round_job() -> BatchJob:
    return replace(job(), exclusive=True)


def test_two_runs_do_not_make_one_round(pauses: list[float]) -> None:
    other = summary("job-ba9876543210-0", "other")
    with pytest.raises(DateTakenError, match=r"job-ba9876543210-0 \(other\) is RUNNING"):
        BatchJobs(Account(other)).ensure(round_job(), WHO, {})
    assert BatchJobs(Account(other)).ensure(job(), WHO, {}).job_id == "new-1"  # makes no round


@pytest.mark.parametrize(
    "other",
    [
        summary("job-ba9876543210-0", "other", "SUCCEEDED"),
        summary("job-2-ba9876543210-0", "other"),
        summary("job-of-a-person", "other"),
    ],
    ids=["done", "another name", "no task's"],
)
def test_only_a_run_at_work_takes_a_round(other: Job) -> None:
    assert BatchJobs(Account(other)).ensure(round_job(), WHO, {}).job_id == "new-1"


class Rival(Account):
    """A client beside which another run submits at the same moment."""

    def submit_job(self, jobName: str, **request: Any) -> dict[str, Any]:
        self.jobs.append(summary("job-ba9876543210-0", "rival", created=self.rival_created))
        return super().submit_job(jobName, **request)

    rival_created = 0


@pytest.mark.parametrize(("created", "stays"), [(999, False), (1001, True)])
def test_of_two_runs_that_submit_at_one_moment_the_first_stays(created: int, stays: bool) -> None:
    client = Rival()
    client.rival_created = created
    if stays:
        assert BatchJobs(client).ensure(round_job(), WHO, {}).job_id == "new-1"
    else:
        with pytest.raises(DateTakenError, match="rival"):
            BatchJobs(client).ensure(round_job(), WHO, {})
    assert client.terminated == ([] if stays else ["new-1"])


LARGER = BATCH_TARGETS[ResourceClass.LARGE]
FIRST = replace(WHO, first_try=True)


def growing(**more: Any) -> BatchJob:
    """A job that has a larger class."""
    return replace(job(), larger=LARGER, **more)


def test_a_first_try_lists_once_before_it_submits() -> None:
    client = Account()
    BatchJobs(client).ensure(growing(), FIRST, {})
    assert client.listed == [TARGET.queue]


def test_a_first_try_of_a_round_lists_once_more_after_it_has_submitted() -> None:
    client = Account()
    BatchJobs(client).ensure(growing(exclusive=True), FIRST, {})
    assert client.listed == [TARGET.queue] * 2


def on_larger(job_id: str, name: str = WHO.larger_name) -> Job:
    return summary(name, job_id, queue=LARGER.queue)


def too_small(job_id: str, name: str = WHO.name) -> Job:
    attempts = [{"container": {"exitCode": 137}}]
    return summary(name, job_id, "FAILED", queue=TARGET.queue, attempts=attempts)


def test_a_later_try_finds_a_job_on_the_larger_class_whose_first_one_is_forgotten() -> None:
    client = Account(on_larger("large"))
    assert BatchJobs(client).ensure(growing(), WHO, {}).job_id == "large"
    assert client.submitted == 0


def test_a_run_that_was_deleted_and_made_anew_finds_its_job_on_the_larger_class() -> None:
    client = Account(too_small("small"), on_larger("large"))
    assert BatchJobs(client).ensure(growing(), FIRST, {}).job_id == "large"
    assert client.submitted == 0


def test_who_knows_that_memory_was_short_looks_everywhere() -> None:
    client = Account(on_larger("large"))  # a listing that does not show the small one yet
    submitted = BatchJobs(client).ensure(growing(), FIRST, {}, ran_out="small")
    assert submitted.job_id == "large"


def test_another_run_s_job_on_the_larger_class_takes_the_date() -> None:
    other = "job-ba9876543210-0"
    client = Account(too_small("small", other), on_larger("large", f"{other}-large"))
    with pytest.raises(DateTakenError, match="large"):
        BatchJobs(client).ensure(growing(exclusive=True), FIRST, {})


def test_each_listing_is_paced_page_by_page() -> None:
    client = Account(summary(WHO.name, "a", "FAILED"), summary(WHO.name, "b"), page=1)
    paces: list[int] = []
    BatchJobs(client, lambda: paces.append(len(client.listed))).ensure(job(), WHO, {})
    assert paces == [0, 1]
