"""Checks that jobs nobody waits for are ended soon, and that others are not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from emmaa_cycle.settings import load_settings
from tests.faults.airflow_rows import Instance
from tests.faults.batch_jobs import FINISHED, Job, series_of
from tests.faults.checks.common import (
    IN_FLIGHT,
    Violation,
    jobs_by_task,
    planned_job,
    was_ended_for,
    was_overdue,
)
from tests.faults.checks.dates import gave_way
from tests.faults.weather import WORST_CLOCKS
from tests.faults.world import World

#: Where nothing else goes wrong, a kill reaches the job in the time of one poll.
KILL_SECONDS = 15.0
#: The longest delay where no process can see the mark: the watch looks every 450 s, and its next
#: run may have to begin first.
UNHEARD_SECONDS = 1000.0


def violations(world: World) -> Iterator[Violation]:
    """Yield jobs that were ended without need, too late, or never."""
    yield from _endless(world)
    yield from _ended(world)
    yield from _clears(world)
    yield from _deletions(world)
    yield from _overdue(world)


def _endless(world: World) -> Iterator[Violation]:
    for job in world.batch.jobs.values():
        if (status := job.status(world.loop.now)) not in FINISHED:
            yield Violation("loss", f"{job.id} of {job.attempt.task} is still {status}")


def _ended(world: World) -> Iterator[Violation]:
    for task, jobs in jobs_by_task(world):
        for job in jobs:
            if job.asked_to_end and not _may_be_ended(world, task, job, jobs):
                yield Violation("loss", f"{job.id} of {task.key} was ended: {job.asked_to_end}")
            if not world.weather.disturbed() and (late := _late_end(task, job, jobs)):
                yield Violation("loss", f"{job.id} of {task.key} was ended {late:.0f} s late")


def _may_be_ended(world: World, task: Instance, job: Job, jobs: list[Job]) -> bool:
    """Return whether nobody waited for a job, by one of the rules of docs/dags.md."""
    if task.kills or task.clears or task.key in world.interfered:
        return True
    return (
        _has_twin(job, jobs)
        or was_overdue(world, task, job)
        or gave_way(job)
        or was_ended_for(job, IN_FLIGHT)  # the turns' check says whether rightly so
        or _was_rolled_back(world, task, job)
    )


def _has_twin(job: Job, jobs: list[Job]) -> bool:
    return any(other is not job and other.name == job.name for other in jobs)


def _was_rolled_back(world: World, task: Instance, job: Job) -> bool:
    """Return whether the database had lost that the task waits for this job when it was ended."""
    ended = job.asked_to_end
    lost = world.rolled_back.get(task.key, [])
    return ended is not None and any(job.submitted <= moment <= ended[0] for moment in lost)


def _overdue(world: World) -> Iterator[Violation]:
    """Each job ends within what ``batch.total_seconds`` gives its stage, its waits included."""
    totals = load_settings().batch.total_seconds
    for task, jobs in jobs_by_task(world):
        for job in jobs:
            most = totals[planned_job(world, task).stage] + WORST_CLOCKS + UNHEARD_SECONDS
            if (late := job.ended - job.submitted - most) > 0:
                yield Violation("loss", f"{job.id} of {task.key} has ended {late:.0f} s late")


def _late_end(task: Instance, job: Job, jobs: list[Job]) -> float:
    """Return the seconds between a mark and TerminateJob beyond what it may take; 0 if in time."""
    if job.asked_to_end is None:
        return 0
    for kill in task.kills:
        if kill.moment >= job.submitted:
            # A process that sees the mark waits for the newest job; older ones belong to a clear.
            is_newest = not any(job.submitted < each.submitted <= kill.moment for each in jobs)
            allowed = KILL_SECONDS if kill.heard and is_newest else UNHEARD_SECONDS
            return max(0, job.asked_to_end[0] - kill.moment - allowed)
    return 0


def _deletions(world: World) -> Iterator[Violation]:
    """Check that a running triggerer that sees a deletion ends the job."""
    if any(world.weather.happened[f"triggerer {what}"] for what in ("frozen", "cut off")):
        return
    most = UNHEARD_SECONDS if world.weather.disturbed() else KILL_SECONDS
    for deletion in world.heard_deletions:
        job, until = deletion.job, deletion.moment + most
        in_time = job.asked_to_end and job.asked_to_end[0] <= until
        if not in_time and job.ended > until and deletion.triggerer.alive:
            yield Violation("loss", f"{job.id} went on though its run was deleted")


def _clears(world: World) -> Iterator[Violation]:
    """One series a clear, of the task or its plan, and what a clear leaves behind is ended soon."""
    for task, jobs in jobs_by_task(world):
        names = dict.fromkeys(map(series_of, jobs))
        plan = world.airflow.plan_of(task)
        clears = world.clears[task.key] + (world.clears[plan.key] if plan else 0)
        if len(names) > clears + 1:
            yield Violation("duplicate", f"{task.key} has the series {', '.join(names)}")
        for one, other in itertools.pairwise(jobs):
            beside = min(one.ended, one.asked_to_end[0] if one.asked_to_end else one.ended)
            late = beside - other.submitted - UNHEARD_SECONDS
            if series_of(one) != series_of(other) and late > 0 and not world.weather.disturbed():
                yield Violation("loss", f"{one.id}, which was cleared, went on beside {other.id}")
