"""The check that no two runs make the same state of a model, or the same round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emmaa_airflow.batch.identity import JobIdentity, is_job_of
from emmaa_airflow.batch.outcome import FINISHED
from emmaa_cycle.batch_job import BatchJob

Job = dict[str, Any]


class DateTakenError(Exception):
    """Another run is making a state of the model, or a round, of the same date."""


def is_own(job: Job, identity: JobIdentity) -> bool:
    """Return whether a job belongs to the identity's task, in any series."""
    return str(job["jobName"]).lower().startswith(identity.task_prefix.lower())


def others(
    job: BatchJob,
    identity: JobIdentity,
    found: list[Job],
    describe: Callable[[str], Job | None],
) -> list[Job]:
    """Return the unfinished jobs of other runs that make the same objects as this one.

    :param found: summaries of the existing jobs; a listing may be some minutes old
    :param describe: DescribeJobs for one id, which is more recent
    """
    if not job.exclusive:
        return []
    foreign = [each for each in found if not is_own(each, identity)]
    rivals = [each for each in foreign if is_job_of(job.name, each["jobName"])]
    listed = [each for each in rivals if each["status"] not in FINISHED]
    now = [describe(each["jobId"]) or each for each in listed]
    return [each for each in now if each["status"] not in FINISHED]


def order(job: Job) -> tuple[int, str]:
    """Return the sort key of jobs, by which all processes find the same first job."""
    return job.get("createdAt", 0), job["jobId"]


def check_date(rivals: list[Job]) -> None:
    """Check that no other run makes the same objects as a job.

    :param rivals: the result of :func:`others`
    :raises DateTakenError: if there are any; the message names the first of them.
    """
    for rival in rivals:
        raise DateTakenError(
            f"another run works on the same date: its Batch job {rival['jobName']}"
            f" ({rival['jobId']}) is {rival['status']}. Start this run again"
        )
