"""The states of Batch jobs that the page shows."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_airflow.page.jobs import MAX_JOBS, Jobs, JobState


class Batch:
    """Describes any job, and notes what it was asked."""

    def __init__(self, queue: str = "arn:aws:batch:us-east-1:1:job-queue/mine") -> None:
        self.queue = queue
        self.asked: list[list[str]] = []

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        self.asked.append(jobs)
        described = [
            {"jobId": job, "jobName": "n", "status": "RUNNABLE", "jobQueue": self.queue,
             "statusReason": f"no machine\nfor {job}"}
            for job in jobs
            if job != "unknown"
        ]  # fmt: skip
        return {"jobs": described}


def test_a_job_that_waits_has_batch_s_reason_in_one_line() -> None:
    states = Jobs(Batch(), {"mine"}).states(["a", "unknown"])
    assert states == {"a": JobState("RUNNABLE", r"no machine\nfor a")}


def test_jobs_of_other_queues_are_not_shown() -> None:
    assert Jobs(Batch("other"), {"mine"}).states(["a"]) == {}
    assert Jobs(Batch("arn:x/other"), {"mine"}).states(["a"]) == {}


def test_batch_is_asked_once_in_a_while_however_many_look() -> None:
    now, batch = [1_000.0], Batch()
    jobs = Jobs(batch, {"mine"}, lambda: now[0])
    jobs.states(["a", "unknown"])
    jobs.states(["unknown", "a", "b"])
    assert batch.asked == [["a", "unknown"], ["b"]]
    now[0] += 16
    assert jobs.states(["a"])
    assert batch.asked[2:] == [["a"]]


@pytest.mark.parametrize("count", [0, MAX_JOBS + 50])
def test_no_more_are_asked_for_than_batch_describes_at_once(count: int) -> None:
    batch = Batch()
    states = Jobs(batch, {"mine"}).states([str(number) for number in range(count)])
    assert len(states) == min(count, MAX_JOBS)
    assert [len(ids) for ids in batch.asked] == ([MAX_JOBS] if count else [])
