"""Every task ends, and as its job did."""

from __future__ import annotations

import re
from collections.abc import Iterator

from emmaa_cycle.exit_codes import EXIT_FAULT
from emmaa_cycle.uploads import UploadKind, parse_upload
from tests.faults.airflow_rows import DONE, Instance
from tests.faults.batch_jobs import Job, series_of
from tests.faults.checks import dates
from tests.faults.checks.common import Violation, jobs_by_task, was_overdue
from tests.faults.fake_batch import DELETED
from tests.faults.jobs import PLAN_UPDATE, UPDATE, WATCH
from tests.faults.world import BUCKET, World

_DATE = r"(\d{4}(?:-\d\d){5})"
#: The dates of the newer state and of the one that was planned.
_OVERTAKEN = re.compile(rf"has a newer state, models/.*_{_DATE}\..* planned to make, of {_DATE}")


def violations(world: World) -> Iterator[Violation]:
    """Yield tasks that never ended, or not as their jobs did."""
    jobs_of = {task.key: jobs for task, jobs in jobs_by_task(world)}
    for task in world.airflow.instances():
        if task.dag_id == WATCH or world.airflow.runs[task.dag_id, task.run_id].stuck:
            continue
        own = jobs_of.get(task.key, [])
        if task.state not in DONE or (task.state == "skipped" and task.task_id != UPDATE):
            yield Violation("loss", f"{task.key} never ended: {task.state}, {task.errors}")
        elif task.kills and task.kills[-1].state == task.state:
            continue
        elif task.state == "success" and not _is_right_success(task, own):
            yield Violation("loss", f"{task.key} succeeded without a job that did")
        elif task.state == "failed" and not _may_fail(world, task, own):
            yield Violation("loss", f"{task.key} failed, not its job: {task.errors}")


def _is_right_success(task: Instance, jobs: list[Job]) -> bool:
    """Return whether a job of the task succeeded, and since a person last cleared it.

    A run that is recreated after its deletion adopts the job of the deleted one.
    """
    wanted = (job for job in jobs if job.unwanted_by in (0, DELETED))
    return task.task_id == PLAN_UPDATE or any(job.exit_code == 0 for job in wanted)


def _may_fail(world: World, task: Instance, jobs: list[Job]) -> bool:
    return (
        _job_failed(world, task, jobs)
        or _tries_are_used_up(world, task, jobs)
        or _was_overtaken(world, task)
        or (bool(jobs) and was_overdue(world, task, jobs[-1]))
        or dates.was_taken(world, task, jobs)
    )


def _job_failed(world: World, task: Instance, jobs: list[Job]) -> bool:
    """Return whether the job of the last series failed for good.

    Lack of memory is no such failure: there is a larger class, which has enough. A run that is
    recreated after its deletion begins with its first series again, and adopts the jobs of that.
    """
    worked = [job for job in jobs if job.started is not None]
    last = worked[0] if worked and task.key in world.deleted and not task.clears else None
    series = series_of(last or jobs[-1]) if jobs else ""
    newest = [job for job in worked if series_of(job) == series]
    return bool(newest) and newest[-1].exit_code == EXIT_FAULT


def _tries_are_used_up(world: World, task: Instance, jobs: list[Job]) -> bool:
    """Return whether faults, or failures that may pass, took all tries.

    A host is lost in any weather, and leaves no exit code.
    """
    if task.try_number <= task.max_tries:
        return False
    if world.weather.still or world.weather.fair:
        return bool(jobs) and jobs[-1].exit_code != 0 and jobs[-1].asked_to_end is None
    return True


def _was_overtaken(world: World, task: Instance) -> bool:
    """Return whether an update was refused for a newer state of the model, which is there.

    It would add to a state before that one, so a person has to clear its plan. A process that
    Airflow has given up may still report its own end after that.
    """
    model = world.airflow.conf(task.dag_id, task.run_id)["model"]
    uploads = [parse_upload(BUCKET, stored.key, stored.etag) for stored in world.bucket.versions]
    states = [u.round_date for u in uploads if u and (u.kind, u.model) == (UploadKind.MODEL, model)]
    refused = [found for error in task.errors if (found := _OVERTAKEN.search(str(error)))]
    return any(found[1] > found[2] and found[1] in states for found in refused)
