"""One submission per attempt, one running job per series, and none after a final failure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from emmaa_airflow.batch.submission import LOOK_AFTER_SECONDS
from emmaa_cycle.exit_codes import EXIT_FAULT
from tests.faults.airflow_rows import Instance
from tests.faults.batch_jobs import Job, series_of
from tests.faults.checks.common import IN_FLIGHT, Violation, jobs_by_task, start_of, was_ended_for
from tests.faults.world import AT_ONCE_SECONDS, World


def violations(world: World) -> Iterator[Violation]:
    """Yield what was submitted, or worked, once too often."""
    yield from _submissions(world)
    yield from _series(world)
    yield from _finals(world)
    yield from _refusals(world)


def _submissions(world: World) -> Iterator[Violation]:
    """One submission an attempt, and class: a job out of memory goes once more on a larger one.

    A job that lacked capacity has not begun, and is submitted again by the same attempt.
    An attempt that does not see its own job, because ListJobs lags by more than it waits for,
    submits another one, which does not work (docs/dags.md). One that has given way to another
    update of its model, in a backfill, submits its job when that has ended.
    """
    if world.batch.list_lag > LOOK_AFTER_SECONDS:
        return
    jobs = [
        job
        for job in world.batch.jobs.values()
        if not (job.lacked_capacity or was_ended_for(job, IN_FLIGHT))
    ]
    counts = Counter((job.attempt, job.definition) for job in jobs)
    for (attempt, definition), number in counts.items():
        if number > 1:
            yield Violation("duplicate", f"{number} jobs of {definition} by one attempt: {attempt}")


def _series(world: World) -> Iterator[Violation]:
    """No two jobs of a series work at once, and none after one that has succeeded."""
    for task, jobs in jobs_by_task(world):
        worked = sorted((job for job in jobs if job.started is not None), key=start_of)
        for one, other in itertools.pairwise(worked):
            if one.ended <= start_of(other) and one.exit_code != 0:
                continue
            if series_of(one) != series_of(other) and world.clears[task.key]:
                continue
            if not world.image_claims and _is_bounded(world, task, one, other):
                continue
            yield Violation("duplicate", f"{other.id} worked beside {one.id} of {task.key}")


def _is_bounded(world: World, task: Instance, one: Job, other: Job) -> bool:
    """Return whether a second job without a claim is one of those that docs/dags.md names."""
    if one.asked_to_end and one.asked_to_end[0] <= start_of(other):
        return True  # it takes its time to end
    if task.key in world.deleted:
        return True  # a recreated run does not know its jobs
    if one.name == other.name and one.queue != other.queue:
        return True  # the plan was repeated after its queue was changed
    if abs(other.submitted - one.submitted) <= world.batch.list_lag:
        return True  # two tries that do not see each other, as after a scheduler has hung
    return _ended_at_once(other) or _came_late(other, one)


def _ended_at_once(job: Job) -> bool:
    """Return whether its own process ended it, after it had stalled with SubmitJob in flight.

    Batch has no token that would let it refuse such a request, so the job cannot be prevented.
    """
    ended = job.asked_to_end
    return ended is not None and ended[0] - job.submitted < AT_ONCE_SECONDS


def _came_late(job: Job, newer: Job) -> bool:
    """Return whether it is such a job of an earlier try, whose process died before it ended it.

    The watch ends it, if it does not end before.
    """
    return job.left_alone and job.attempt < newer.attempt


def _finals(world: World) -> Iterator[Violation]:
    """No job follows a failure of its series that another try would not cure."""
    for task, jobs in jobs_by_task(world):
        worked = [job for job in jobs if job.started is not None]
        for one, other in itertools.pairwise(worked):
            final = one.exit_code == EXIT_FAULT and not one.asked_to_end
            same = series_of(one) == series_of(other)
            if final and same and other.submitted > one.ended:
                yield Violation(
                    "duplicate",
                    f"{other.id} of {task.key} after the final failure of {one.id}",
                )


def _refusals(world: World) -> Iterator[Violation]:
    """No claim keeps a job from its work if nothing has gone wrong.

    A run that is recreated after its deletion does not know the claims of its jobs at its first
    try; the second one does.
    """
    if world.weather.still or world.weather.fair:
        for job in world.batch.jobs.values():
            if job.refused == "series" and job.attempt.task not in world.deleted:
                yield Violation("loss", f"{job.id} was refused its claim for nothing")
