"""Dates that another run works on: no two tasks make the same state of a model, or round."""

from __future__ import annotations

from typing import Any

from emmaa_airflow.job_identity import JobIdentity, is_job_of
from emmaa_airflow.job_outcome import FINISHED
from emmaa_cycle.batch_job import BatchJob

Job = dict[str, Any]


class DateTakenError(Exception):
    """Another run is making a state of the model, or a round, of the same date."""


def is_own(job: Job, identity: JobIdentity) -> bool:
    """Return whether a job is of the identity's task, of whichever series."""
    return str(job["jobName"]).lower().startswith(identity.task_prefix.lower())


def others(job: BatchJob, identity: JobIdentity, found: list[Job]) -> list[Job]:
    """Return the unfinished jobs of other runs for what this one makes."""
    if not job.exclusive:
        return []
    unfinished = [each for each in found if each["status"] not in FINISHED]
    foreign = [each for each in unfinished if not is_own(each, identity)]
    return [each for each in foreign if is_job_of(job.name, each["jobName"])]


def order(job: Job) -> tuple[int, str]:
    """Return what jobs are ordered by: two processes find the same one to be the first."""
    return job.get("createdAt", 0), job["jobId"]


def check_date(job: BatchJob, identity: JobIdentity, found: list[Job]) -> None:
    """Check that no other run works on what this one makes.

    :raises DateTakenError: naming the other run's job.
    """
    for other in others(job, identity, found):
        raise DateTakenError(
            f"another run works on the same date: its Batch job {other['jobName']}"
            f" ({other['jobId']}) is {other['status']}. Start this run anew"
        )
