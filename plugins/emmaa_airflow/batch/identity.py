"""The names by which a task finds the Batch job of an earlier attempt.

SubmitJob has no idempotency token, so the name carries the identity:
``<job>-<digest of bucket, DAG, run, task, map index>-<series>``.

Airflow's retries continue a *series*, and a person's *clear* ends it. Clearing sets ``max_tries``
to the tries made so far plus the task's retries; a retry does not change it. Hence
``max_tries - retries``, the number of tries before the series began, distinguishes the two: the
next attempt continues after one that died, but a cleared task runs again from the start.
``retries`` are those of the currently deployed DAG, because Airflow stores no others: see "Changing
``retries``" in docs/dags.md before you change them.

A series has at most two working jobs: one of the planned class, and one of the larger class after
the first was killed for lack of memory. The name of the second one ends with ``-large``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import load_settings

_LARGER = "-large"
_SUFFIX = re.compile(rf"-(?P<digest>[0-9a-f]{{12}})-\d+({_LARGER})?")


class AttemptedTask(Protocol):
    """The used part of a running task instance."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int | None
    try_number: int
    max_tries: int


@dataclass(frozen=True)
class JobIdentity:
    """One series of attempts of one task instance.

    :param task_prefix: the prefix of the names of all jobs of the task instance
    :param name: the name of this series' job, at most 128 characters
    :param first_try: whether this is the first try of the task instance, so that it has no other
        job, unless its run was deleted and recreated
    :param takes_over: whether an earlier try of the same series may have just submitted its job: a
        restarted scheduler may give up a try that is still alive
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
        """Return whether a job in Batch belongs to this series; Batch's filters ignore case."""
        return str(job["jobName"]).lower() in (self.name.lower(), self.larger_name.lower())

    @classmethod
    def of(
        cls, job_name: str, ti: AttemptedTask, retries: int, *, resumed: bool = False
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
        return cls(
            prefix,
            f"{prefix}{series}",
            first_try=ti.try_number <= 1 and not resumed,
            takes_over=ti.try_number > series + 1,
            cleared=series > 0,
        )


def larger_name(name: str) -> str:
    """Return the name of the job on the larger class that follows after a lack of memory."""
    return name + _LARGER


def is_on_larger_class(job_name: str) -> bool:
    """Return whether a job is on the larger class after a lack of memory; Batch may change case."""
    return job_name.lower().endswith(_LARGER)


def is_job_of(planned_name: str, job_name: str) -> bool:
    """Return whether a job was submitted for a planned one, by any task.

    :param planned_name: the name before :meth:`JobIdentity.of` made it unique
    """
    suffix = job_name.removeprefix(planned_name)
    return suffix != job_name and bool(_SUFFIX.fullmatch(suffix))


def task_digest(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """Return the digest that identifies a task instance in its jobs' names.

    It includes the bucket, because two deployments that share an account and its queues have runs
    with the same names.

    :param map_index: -1 for a task that is not mapped
    """
    parts = (load_settings().bucket, dag_id, run_id, task_id, str(map_index))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def task_digest_of(job_name: str) -> str:
    """Return the :func:`task_digest` in a job's name; empty if no task has submitted the job."""
    match = re.search(_SUFFIX.pattern + "$", job_name)
    return match["digest"] if match else ""


def origin_of(job: Mapping[str, Any]) -> Origin:
    """Return the run that submitted a job; one that a person has copied may have odd variables.

    :param job: its description by DescribeJobs
    :raises InputError: if its variable ``EMMAA_NOTIFY`` has another value than this project's.
    """
    variables = job.get("container", {}).get("environment") or []
    return Origin.from_environment(
        {item.get("name", ""): item.get("value", "") for item in variables}
    )
