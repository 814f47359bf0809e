"""Of two runs that would make the round of one date, one does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emmaa_airflow.batch_jobs import BatchJobs
from emmaa_airflow.taken_dates import DateTakenError
from emmaa_cycle.batch_job import BatchJob
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import Job, job


def round_job() -> BatchJob:
    return replace(job(), exclusive=True)


def test_two_runs_do_not_make_one_round(pauses: list[float]) -> None:
    other = summary("job-ba9876543210-0", "other")
    with pytest.raises(DateTakenError, match=r"job-ba9876543210-0 \(other\) is RUNNING"):
        BatchJobs(BatchInMemory(other)).ensure(round_job(), WHO, {})
    assert (
        BatchJobs(BatchInMemory(other)).ensure(job(), WHO, {}).job_id == "new-1"
    )  # makes no round


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
    assert BatchJobs(BatchInMemory(other)).ensure(round_job(), WHO, {}).job_id == "new-1"


class Rival(BatchInMemory):
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
