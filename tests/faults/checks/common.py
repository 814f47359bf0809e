"""A violation, and the jobs of a world as the checks look at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from emmaa_airflow.batch.outcome import BY_AIRFLOW
from emmaa_airflow.triggers.batch import OVERDUE
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import load_settings
from tests.faults.airflow_rows import Instance
from tests.faults.batch_jobs import Job, series_of
from tests.faults.jobs import planned
from tests.faults.weather import WORST_CLOCKS
from tests.faults.world import World

#: With this a job's reason ends that gave way to a job of another run.
SAME_DATE, IN_FLIGHT = "on the same date", "is in flight"


@dataclass(frozen=True)
class Violation:
    """Something that must never happen.

    :param kind: ``duplicate``, ``loss``, or ``other``
    """

    kind: str
    what: str


def jobs_by_task(world: World) -> Iterator[tuple[Instance, list[Job]]]:
    """Yield each task that has jobs, with them, oldest first."""
    by_task: dict[object, list[Job]] = {}
    for job in world.batch.jobs.values():
        by_task.setdefault(job.attempt.task, []).append(job)
    for task in world.airflow.instances():
        if task.key in by_task:
            yield task, by_task[task.key]


def start_of(job: Job) -> float:
    """Return when a job began to work; 0 if it never did."""
    return job.started or 0.0


def planned_job(world: World, task: Instance) -> BatchJob:
    """Return the job that a task was planned to run."""
    stage, plan = planned(task, world.airflow.runs[task.dag_id, task.run_id])
    return Plan.from_json(plan).jobs[stage]


def was_ended_for(job: Job, reason: str) -> bool:
    """Return whether Airflow's side ended a job for a reason that ends so."""
    ended = job.asked_to_end
    return ended is not None and ended[1].startswith(BY_AIRFLOW) and ended[1].endswith(reason)


def was_overdue(world: World, task: Instance, job: Job) -> bool:
    """Return whether a job was ended because its stage has had ``batch.total_seconds``.

    They count from the first job of its series.
    """
    if job.asked_to_end is None or job.asked_to_end[1] != OVERDUE:
        return False
    total = load_settings().batch.total_seconds[planned_job(world, task).stage]
    own = (each for each in world.batch.jobs.values() if each.attempt.task == task.key)
    first = min(each.submitted for each in own if series_of(each) == series_of(job))
    return job.asked_to_end[0] - first >= total - WORST_CLOCKS
