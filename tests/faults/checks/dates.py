"""No two tasks make the same state of a model, or the same round."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from emmaa_airflow.batch.identity import is_job_of
from emmaa_airflow.batch.submission import STALE_SECONDS
from tests.faults.airflow_rows import Instance
from tests.faults.batch_jobs import Job, series_of
from tests.faults.checks.common import SAME_DATE, Violation, planned_job, was_ended_for
from tests.faults.world import World


def violations(world: World) -> Iterator[Violation]:
    """Yield states of models that two tasks have made.

    A round has the date of its upload, and is made again when that is uploaded again. Where jobs
    write no claims, the second run is refused if ListJobs showed the unfinished job of the first
    one when it looked, and only then.
    """
    for (dag_id, key), jobs in world.made.items():
        if dag_id != "emmaa_update_pipeline":
            continue
        for one, other in itertools.pairwise(sorted(jobs, key=lambda job: job.submitted)):
            unseen = world.batch.list_lag + STALE_SECONDS
            seen = one.submitted + unseen < other.submitted < one.ended
            if one.attempt.task != other.attempt.task and (world.image_claims or seen):
                yield Violation("duplicate", f"{key} was made by {one.id} and by {other.id}")


def was_taken(world: World, task: Instance, jobs: list[Job]) -> bool:
    """Return whether a task rightly failed because another run makes what it was to make.

    It says so, or one of its last series' jobs gave way, and no other has made anything. A job that
    is ended has some seconds, in which it may succeed; one without a claim, before it is ended.
    """
    says_so = bool(task.errors) and "same date" in str(task.errors[-1])
    series = [job for job in jobs if series_of(job) == series_of(jobs[-1])]
    has_made = world.image_claims and any(
        job.exit_code == 0 and not gave_way(job) for job in series
    )
    return (says_so or any(map(gave_way, series))) and not has_made and _has_rival(world, task)


def gave_way(job: Job) -> bool:
    """Return whether it has made nothing because of another run's job for the same date."""
    return job.refused == "date" or was_ended_for(job, SAME_DATE)


def _has_rival(world: World, task: Instance) -> bool:
    job = planned_job(world, task)
    others = [each for each in world.batch.jobs.values() if each.attempt.task != task.key]
    return job.exclusive and any(is_job_of(job.name, each.name) for each in others)
