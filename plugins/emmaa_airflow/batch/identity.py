"""The names by which a task finds the Batch job that an earlier attempt of it has submitted.

SubmitJob has no idempotency token, so the name carries the identity:
``<job>-<digest of bucket, DAG, run, task, map index>-<series>``.

A *series* is what Airflow's retries continue and what a person's *clear* ends. Clearing sets
``max_tries`` to the tries made so far plus the task's retries; a retry leaves it alone. Hence
``max_tries - retries``, the number of tries before the series began, tells the two apart: an
attempt that died is continued by the next one, a cleared task runs anew.
``retries`` are those of the DAG as it is deployed now, for Airflow keeps no others: see "Changing
``retries``" in docs/dags.md before you change them.

A series has at most two jobs at work: one of the planned class, and one of the larger class after
the first was killed for lack of memory. The second one's name ends with ``-large``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from emmaa_cycle.settings import load_settings

_LARGER = "-large"
_SUFFIX = re.compile(rf"-(?P<digest>[0-9a-f]{{12}})-\d+({_LARGER})?")


class AttemptedTask(Protocol):
    """What is used of a running task instance."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int | None
    try_number: int
    max_tries: int


@dataclass(frozen=True)
class JobIdentity:
    """One series of attempts of one task instance.

    :param task_prefix: what the names of all jobs of the task instance start with
    :param name: the name of this series' job, at most 128 characters
    :param first_try: whether this is the task instance's very first try, before its first job, so
        that it has no other job; unless its run was deleted and made anew
    :param takes_over: whether an earlier try of the same series may have submitted its job, even
        a moment ago: a scheduler that is started again may give up a try that is alive
    :param cleared: whether a person has cleared the task instance
    """

    task_prefix: str
    name: str
    first_try: bool = False
    takes_over: bool = False
    cleared: bool = False

    @property
    def larger_name(self) -> str:
        """The name of this series' job on the larger class."""
        return larger_name(self.name)

    def has(self, job: Mapping[str, Any]) -> bool:
        """Whether a job, as Batch tells of it, is this series': Batch's filters ignore case."""
        return str(job["jobName"]).lower() in (self.name.lower(), self.larger_name.lower())


def larger_name(name: str) -> str:
    """Return the name of the job that follows after a lack of memory of the one of this name."""
    return name + _LARGER


def is_on_larger_class(job_name: str) -> bool:
    """Return whether a job is the one that came after a lack of memory; Batch may change case."""
    return job_name.lower().endswith(_LARGER)


def is_job_of(planned_name: str, job_name: str) -> bool:
    """Whether a job was submitted for a planned one, by whichever task.

    :param planned_name: the name before :func:`job_identity` made it unique
    """
    suffix = job_name.removeprefix(planned_name)
    return suffix != job_name and bool(_SUFFIX.fullmatch(suffix))


def task_digest(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """What stands for a task instance in its jobs' names.

    The bucket belongs to it: two deployments that share an account and its queues have runs of the
    same names.

    :param map_index: -1 for a task that is not mapped
    """
    parts = (load_settings().bucket, dag_id, run_id, task_id, str(map_index))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def task_digest_of(job_name: str) -> str:
    """The :func:`task_digest` in a job's name; empty if no task has submitted the job."""
    match = re.search(_SUFFIX.pattern + "$", job_name)
    return match["digest"] if match else ""


def job_identity(
    job_name: str, ti: AttemptedTask, retries: int, *, resumed: bool = False
) -> JobIdentity:
    """Return the identity of the job that a task instance submits.

    :param job_name: the readable part, at most 100 characters
    :param retries: the task's retries
    :param resumed: whether this try has had a job, which has ended
    """
    map_index = -1 if ti.map_index is None else ti.map_index
    digest = task_digest(ti.dag_id, ti.run_id, ti.task_id, map_index)
    prefix = f"{job_name}-{digest}-"
    series = max(ti.max_tries - retries, 0)  # a clear raises max_tries to the tries so far
    return JobIdentity(
        prefix,
        f"{prefix}{series}",
        first_try=ti.try_number <= 1 and not resumed,
        takes_over=ti.try_number > series + 1,
        cleared=series > 0,
    )
