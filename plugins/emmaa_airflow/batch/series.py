"""The choice between a task's jobs: which one an attempt adopts, or whether it submits one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emmaa_airflow.batch.identity import JobIdentity, is_on_larger_class
from emmaa_airflow.batch.outcome import FAILED, FINISHED, SUCCEEDED, job_outcome

Job = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """The decision of an attempt.

    :param take_up: the job to adopt; None to submit a new one
    :param larger: whether that is, or will be, a job of the larger class
    :param superfluous: jobs that must not run beside it
    """

    take_up: Job | None
    larger: bool
    superfluous: Sequence[Job] = ()


def choose(
    jobs: Iterable[Job],
    identity: JobIdentity,
    describe: Callable[[str], Job | None],
    *,
    has_larger: bool,
    ran_out: str = "",
) -> Choice:
    """Choose between the jobs that ListJobs shows for a task.

    A job that runs or has succeeded is adopted. A failed job is replaced if another try may
    succeed, if it lacked capacity, or if a person ended it; the replacement is on the larger class
    if :func:`needs_larger_class` says so. Any other failure is final: the job is adopted, so that
    this attempt reports it.

    :param jobs: the summaries of the task's jobs, newest first
    :param describe: DescribeJobs for one id; only called for failed jobs
    :param has_larger: whether there is a larger class
    :param ran_out: the id of a job that is known to have run out of memory, even if a lagging
        listing shows it otherwise or not at all
    """
    all_jobs = list(jobs)
    earlier = [job for job in all_jobs if not identity.has(job)]
    on_larger = [job for job in all_jobs if _is_of(job, identity.larger_name)]
    on_planned = [job for job in all_jobs if _is_of(job, identity.name)]
    group = on_larger or on_planned
    going = [job for job in group if job["status"] != FAILED and job["jobId"] != ran_out]
    larger, take_up = bool(on_larger), None
    if going:
        take_up = next((job for job in going if job["status"] == SUCCEEDED), going[0])
    elif ran_out and has_larger and not on_larger:
        larger = True
    elif group:
        larger, take_up = _after_failure(group[0], describe, larger, has_larger)
    others = [job for job in (*earlier, *on_planned, *on_larger) if job is not take_up]
    unfinished = [job for job in others if job["status"] not in FINISHED]
    return Choice(take_up, larger, [job for job in unfinished if job["jobId"] != ran_out])


def needs_larger_class(out_of_memory: bool, job_name: str) -> bool:
    """Return whether a failed job runs once more on the larger class, if there is one.

    :param job_name: the name of the failed job
    """
    return out_of_memory and not is_on_larger_class(job_name)


def _after_failure(
    newest: Job,
    describe: Callable[[str], Job | None],
    on_larger: bool,
    has_larger: bool,
) -> tuple[bool, Job | None]:
    job = describe(newest["jobId"])
    if job is None:  # Batch has forgotten it
        return on_larger, None
    if job["status"] not in FINISHED:  # DescribeJobs lags behind ListJobs
        return on_larger, newest
    outcome = job_outcome(job)
    if outcome.heals or outcome.stopped or outcome.lacked_capacity:
        return on_larger, None
    if has_larger and needs_larger_class(outcome.out_of_memory, outcome.name):
        return True, None
    return on_larger, newest


def _is_of(job: Job, name: str) -> bool:
    return str(job["jobName"]).lower() == name.lower()
