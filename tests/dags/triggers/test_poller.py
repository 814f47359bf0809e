"""One poller for many jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from emmaa_airflow.triggers.poller import (
    ABSENCES,
    MAX_IDS,
    Job,
    JobPoller,
    Pace,
    PollerError,
    Update,
)

QUICK = Pace(shortest=0.001, longest=0.001)


class Account:
    """A Batch of scripted jobs.

    :param statuses: of each job, what it is at each look; it stays at the last one
    """

    def __init__(self, statuses: dict[str, list[str]], failures: int = 0) -> None:
        self.statuses = statuses
        self.failures = failures
        self.calls: list[list[str]] = []

    async def describe(self, job_ids: list[str]) -> list[Job]:
        self.calls.append(job_ids)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no route to Batch")
        return [self._job(job_id) for job_id in job_ids if job_id in self.statuses]

    def _job(self, job_id: str) -> Job:
        statuses = self.statuses[job_id]
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        return {"jobId": job_id, "jobName": job_id, "status": status}


async def followed(poller: JobPoller, job_id: str) -> list[Update]:
    return [update async for update in poller.follow(job_id)]


def run(scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(scenario(), 30))


def test_what_batch_says_of_a_job_that_waits_is_news() -> None:
    """Such as why no machine starts for it."""
    said = [("RUNNABLE", ""), ("RUNNABLE", ""), ("RUNNABLE", "no capacity"), ("RUNNABLE", "quota")]

    async def describe(job_ids: list[str]) -> list[Job]:
        status, reason = said.pop(0) if said else ("SUCCEEDED", "")
        job = {"jobId": "a", "jobName": "a", "status": status}
        return [{**job, "statusReason": reason} if reason else job]

    async def scenario() -> list[Update]:
        return await followed(JobPoller(describe, QUICK), "a")

    found = [(update.job or {}) for update in run(scenario)]
    assert [(job["status"], job.get("statusReason")) for job in found] == [
        ("RUNNABLE", None),
        ("RUNNABLE", "no capacity"),
        ("RUNNABLE", "quota"),
        ("SUCCEEDED", None),
    ]


def statuses(updates: list[Update]) -> list[str]:
    return [update.job["status"] for update in updates if update.job]


def test_each_change_of_a_job_is_told_once() -> None:
    account = Account({"job": ["RUNNABLE", "RUNNABLE", "RUNNING", "RUNNING", "SUCCEEDED"]})

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK), "job")

    assert statuses(run(scenario)) == ["RUNNABLE", "RUNNING", "SUCCEEDED"]


def test_one_call_serves_as_many_jobs_as_it_may() -> None:
    jobs = [f"job-{number}" for number in range(2 * MAX_IDS + 50)]
    account = Account({job: ["RUNNING", "RUNNING", "SUCCEEDED"] for job in jobs})

    async def scenario() -> list[list[Update]]:
        poller = JobPoller(account.describe, QUICK)
        return await asyncio.gather(*(followed(poller, job) for job in jobs))

    assert all(statuses(updates)[-1] == "SUCCEEDED" for updates in run(scenario))
    assert len(account.calls) == 3 * 3
    assert max(len(call) for call in account.calls) == MAX_IDS


def test_two_may_follow_one_job() -> None:
    account = Account({"job": ["RUNNING", "FAILED"]})

    async def scenario() -> list[list[Update]]:
        poller = JobPoller(account.describe, QUICK)
        return list(await asyncio.gather(followed(poller, "job"), followed(poller, "job")))

    one, other = run(scenario)
    assert statuses(one) == statuses(other) == ["RUNNING", "FAILED"]


def test_who_comes_later_is_served_as_well() -> None:
    account = Account({"early": ["RUNNING"], "late": ["RUNNING", "SUCCEEDED"]})

    async def scenario() -> list[Update]:
        poller = JobPoller(account.describe, QUICK)
        early = asyncio.create_task(followed(poller, "early"))
        while not account.calls:
            await asyncio.sleep(0)
        updates = await followed(poller, "late")
        early.cancel()
        return updates

    assert statuses(run(scenario)) == ["RUNNING", "SUCCEEDED"]


def test_when_nobody_follows_any_more_nothing_is_asked() -> None:
    account = Account({"job": ["SUCCEEDED"]})

    async def scenario() -> None:
        poller = JobPoller(account.describe, QUICK)
        await followed(poller, "job")
        await followed(poller, "job")  # it starts again
        while "emmaa-batch-poller" in {task.get_name() for task in asyncio.all_tasks()}:
            await asyncio.sleep(0)
        assert len(account.calls) == 2

    run(scenario)


def test_an_outage_is_told_and_survived() -> None:
    account = Account({"job": ["SUCCEEDED"]}, failures=3)

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK), "job")

    updates = run(scenario)
    assert ["no route to Batch" in update.problem for update in updates] == [*[True] * 3, False]
    assert statuses(updates) == ["SUCCEEDED"]


def test_an_outage_of_a_day_is_survived() -> None:
    account = Account({"job": ["SUCCEEDED"]}, failures=3)

    async def scenario() -> list[Update]:
        poller = JobPoller(account.describe, Pace(1e-6, 1e-6))
        poller._failures = 1023  # so many rounds of a minute have failed
        return await followed(poller, "job")

    assert statuses(run(scenario)) == ["SUCCEEDED"]


@dataclass(frozen=True)
class Noted(Pace):
    """A pace with hardly any delay that records the failures reported to it."""

    failures: list[int] = field(default_factory=list)

    def interval(self, quiet: float, failures: int, jobs: int = 1) -> float:
        self.failures.append(failures)
        return 0.001


def test_a_round_of_many_calls_is_one_failure() -> None:
    jobs = [f"job-{number}" for number in range(3 * MAX_IDS)]
    account = Account({job: ["SUCCEEDED"] for job in jobs}, failures=5)  # of three calls a round
    pace = Noted(0, 0)

    async def scenario() -> None:
        poller = JobPoller(account.describe, pace)
        await asyncio.gather(*(followed(poller, job) for job in jobs))

    run(scenario)
    assert max(pace.failures) == 2


def test_an_end_of_the_poller_reaches_all_who_follow() -> None:
    account = Account({"one": ["RUNNING"], "two": ["RUNNING"]})

    async def broken(job_ids: list[str]) -> list[Job]:
        return [{"jobId": job_id} for job_id in job_ids]  # no status: nothing Batch would say

    async def scenario() -> list[Any]:
        poller = JobPoller(broken, QUICK)
        both = (followed(poller, "one"), followed(poller, "two"))
        ends = await asyncio.gather(*both, return_exceptions=True)
        poller._describe = account.describe
        account.statuses["one"] = ["SUCCEEDED"]
        return [*ends, await followed(poller, "one")]  # it restarts

    *ends, later = run(scenario)
    assert [type(end) for end in ends] == [PollerError, PollerError]
    assert "KeyError('status')" in str(ends[0])
    assert statuses(later) == ["SUCCEEDED"]


def test_a_poller_that_is_cancelled_leaves_nobody_waiting() -> None:
    account = Account({"job": ["RUNNING"]})

    async def scenario() -> None:
        poller = JobPoller(account.describe, QUICK)
        following = asyncio.create_task(followed(poller, "job"))
        while not account.calls:
            await asyncio.sleep(0)
        for task in asyncio.all_tasks():
            if task.get_name() == "emmaa-batch-poller":
                task.cancel()
        with pytest.raises(PollerError, match="CancelledError"):
            await following

    run(scenario)


def test_a_job_that_batch_forgot_is_given_up() -> None:
    account = Account({})

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK, absent_seconds=0), "job")

    assert run(scenario) == [Update(lost=True)]
    assert len(account.calls) == ABSENCES


class Flickering(Account):
    """A Batch whose answers leave the job out, but for every second one."""

    async def describe(self, job_ids: list[str]) -> list[Job]:
        found = await super().describe(job_ids)
        return found if len(self.calls) % 2 == 0 else []


def test_absences_between_which_a_job_was_seen_do_not_add_up() -> None:
    account = Flickering({"job": ["RUNNING"] * 20 + ["SUCCEEDED"]})

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK, absent_seconds=0), "job")

    assert run(scenario)[-1] == Update({"jobId": "job", "jobName": "job", "status": "SUCCEEDED"})


class LateShown(Account):
    """A Batch whose first answers leave a new job out."""

    async def describe(self, job_ids: list[str]) -> list[Job]:
        found = await super().describe(job_ids)
        return found if len(self.calls) > 10 * ABSENCES else []


def test_a_new_job_that_is_shown_late_is_not_lost() -> None:
    account = LateShown({"job": ["SUCCEEDED"]})

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK), "job")

    assert statuses(run(scenario)) == ["SUCCEEDED"]


@pytest.mark.parametrize(
    ("quiet", "failures", "seconds"),
    [
        (-1, 0, 1),
        (0, 0, 1),
        (10, 0, 1),
        (60, 0, 6),
        (3600, 0, 15),
        (60, 1, 2),
        (0, 4, 16),
        (0, 99, 60),
        (0, 10_000, 60),
    ],
)
def test_the_pace_follows_what_happens(quiet: float, failures: int, seconds: float) -> None:
    assert Pace(1, 15).interval(quiet, failures) == seconds


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 1), (10, 1), (50, 5), (150, 15), (9999, 15)])
def test_many_jobs_are_looked_at_less_often(jobs: int, seconds: float) -> None:
    assert Pace(1, 15).interval(0, 0, jobs) == seconds
