"""One poller for many jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from emmaa_airflow.triggers.poller import ABSENCES, MAX_IDS, Job, JobPoller, Pace, Update

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


def test_a_job_that_batch_forgot_is_given_up() -> None:
    account = Account({})

    async def scenario() -> list[Update]:
        return await followed(JobPoller(account.describe, QUICK), "job")

    assert run(scenario) == [Update(lost=True)]
    assert len(account.calls) == ABSENCES


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
    ],
)
def test_the_pace_follows_what_happens(quiet: float, failures: int, seconds: float) -> None:
    assert Pace(1, 15).interval(quiet, failures) == seconds


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 1), (10, 1), (50, 5), (150, 15), (9999, 15)])
def test_many_jobs_are_looked_at_less_often(jobs: int, seconds: float) -> None:
    assert Pace(1, 15).interval(0, 0, jobs) == seconds
