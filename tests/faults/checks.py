"""What must hold after every schedule, whatever went wrong in it (issue 4)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from emmaa_airflow.batch_jobs import LOOK_AFTER_SECONDS
from emmaa_airflow.job_identity import is_job_of
from emmaa_airflow.triggers.batch import OVERDUE
from emmaa_cycle.exit_codes import EXIT_FAULT
from emmaa_cycle.plan import Plan
from emmaa_cycle.uploads import parse_upload, restorations
from tests.faults.fake_airflow import Instance
from tests.faults.fake_batch import FINISHED, Job, series_of
from tests.faults.jobs import WATCH, planned
from tests.faults.world import AT_ONCE_SECONDS, BUCKET, World

#: Where nothing else goes wrong, a kill reaches the job in the time of one poll.
KILL_SECONDS = 15.0
#: So long it may take where no process is there yet, or any more, to hear of it: the watch looks
#: once in 450 s, and its next run may begin meanwhile.
UNHEARD_SECONDS = 1000.0
#: The least that ``batch.total_seconds`` gives a stage is 23 hours, of which a wrong clock may
#: take some.
LEAST_TOTAL_SECONDS = 20 * 3600.0


@dataclass(frozen=True)
class Violation:
    """Something that must never happen.

    :param kind: ``duplicate``, ``loss``, or ``other``
    """

    kind: str
    what: str


def missing_runs(world: World) -> bool:
    """Whether an upload still waits for its run."""
    return any(found.kind == "loss" for found in _uploads(world))


def violations(world: World) -> list[Violation]:
    """Everything that is wrong with a world that has come to rest."""
    return [
        *_submissions(world),
        *_series(world),
        *_finals(world),
        *_refusals(world),
        *_clears(world),
        *_dates(world),
        *_uploads(world),
        *_tasks(world),
        *_kills(world),
        *(Violation("other", text) for text in _unexplained(world)),
    ]


def _submissions(world: World) -> Iterator[Violation]:
    """One submission an attempt, and class: a job out of memory goes once more on a larger one.

    An attempt that does not see its own job submits another one, which does not work.
    """
    if world.batch.list_lag > LOOK_AFTER_SECONDS:
        return
    counts = Counter((job.attempt, job.definition) for job in world.batch.jobs.values())
    for (attempt, definition), number in counts.items():
        if number > 1:
            yield Violation("duplicate", f"{number} jobs of {definition} by one attempt: {attempt}")


def _series(world: World) -> Iterator[Violation]:
    """No two jobs of a series work at once, and none after one that has succeeded."""
    for task, jobs in _jobs_by_task(world):
        worked = sorted((job for job in jobs if job.started is not None), key=_start)
        for one, other in itertools.pairwise(worked):
            if one.ended <= _start(other) and one.exit_code != 0:
                continue
            if series_of(one) != series_of(other) and world.clears[task.key]:
                continue
            if not world.image_claims and _is_bounded(world, task, one, other):
                continue
            yield Violation("duplicate", f"{other.id} worked beside {one.id} of {task.key}")


def _finals(world: World) -> Iterator[Violation]:
    """None is tried again after a failure of its own, which another try would not cure."""
    for task, jobs in _jobs_by_task(world):
        if task.clears or task.key in world.interfered:
            continue
        for one, other in itertools.pairwise(job for job in jobs if job.started is not None):
            final = one.exit_code == EXIT_FAULT and not one.asked_to_end
            if final and other.submitted > one.ended and world.image_claims:
                yield Violation("duplicate", f"{other.id} after the final failure of {one.id}")


def _refusals(world: World) -> Iterator[Violation]:
    """No claim keeps a job from its work if nothing has gone wrong."""
    if world.weather.still:
        for job in world.batch.jobs.values():
            if job.refused == "series":
                yield Violation("loss", f"{job.id} was refused its claim for nothing")


def _start(job: Job) -> float:
    return job.started or 0.0


def _is_bounded(world: World, task: Instance, one: Job, other: Job) -> bool:
    """Whether a second job without a claim is one of those that docs/dags.md names."""
    if one.asked_to_end or task.key in world.deleted:
        return True
    return _ended_at_once(other) or _came_late(other, one)


def _clears(world: World) -> Iterator[Violation]:
    """One series a clear, and what a clear leaves behind is ended soon."""
    for task, jobs in _jobs_by_task(world):
        names = dict.fromkeys(map(series_of, jobs))
        if len(names) > world.clears[task.key] + 1:
            yield Violation("duplicate", f"{task.key} has the series {', '.join(names)}")
        for one, other in itertools.pairwise(jobs):
            beside = min(one.ended, one.asked_to_end[0] if one.asked_to_end else one.ended)
            late = beside - other.submitted - UNHEARD_SECONDS
            if series_of(one) != series_of(other) and late > 0 and not world.weather.disturbed():
                yield Violation("loss", f"{one.id}, which was cleared, went on beside {other.id}")


def _dates(world: World) -> Iterator[Violation]:
    """No two tasks make the same state of a model.

    Where jobs write no claims, a second run of the same second is refused only while the job of
    the first one is unfinished.
    """
    if not world.image_claims:
        return
    for (dag_id, key), jobs in world.made.items():
        tasks = {job.attempt.task for job in jobs}
        if dag_id == "emmaa_update_pipeline" and len(tasks) > 1:
            yield Violation("duplicate", f"{key} was made by {len(tasks)} tasks")


def _ended_at_once(job: Job) -> bool:
    """Whether its own process has ended it: one that stood still with SubmitJob under way.

    Batch has no token that would let it refuse such a request, so the job cannot be prevented.
    """
    ended = job.asked_to_end
    return ended is not None and ended[0] - job.submitted < AT_ONCE_SECONDS


def _came_late(job: Job, newer: Job) -> bool:
    """Whether it is such a job of an earlier try, whose process died before it could end it.

    The watch ends it, if it does not end before.
    """
    return job.left_alone and job.attempt < newer.attempt


def _uploads(world: World) -> Iterator[Violation]:
    """One run an upload, no upload without a run, no run without an upload.

    Content that comes back to its key after other content is an upload of its own.
    """
    runs = {key for key, run in world.airflow.runs.items() if "key" in run.conf}
    wanted: set[tuple[str, str]] = set()
    etags: dict[str, list[str]] = {}
    for stored in world.bucket.versions:
        upload = parse_upload(BUCKET, stored.key, stored.etag)
        assert upload is not None
        of_key = etags.setdefault(stored.key, [])
        of_key.append(stored.etag)
        again = replace(upload, restored=restorations(of_key))
        wanted |= {(upload.dag_id, upload.run_id), (upload.dag_id, again.run_id)}
        is_current = world.bucket.objects[stored.key] is stored
        if is_current and (upload.dag_id, again.run_id) not in runs:
            yield Violation("loss", f"no run of {stored.key}")
    for run in sorted(runs - wanted):
        yield Violation("duplicate", f"a run without an upload of its own: {run}")


def _tasks(world: World) -> Iterator[Violation]:
    """Every task ends, and as its job did."""
    jobs_of = {task.key: jobs for task, jobs in _jobs_by_task(world)}
    for task in world.airflow.instances():
        if task.dag_id == WATCH:
            continue
        own = jobs_of.get(task.key, [])
        if task.state not in ("success", "failed"):
            yield Violation("loss", f"{task.key} never ended: {task.state}, {task.errors}")
        elif task.kills and task.kills[-1].state == task.state:
            continue
        elif task.state == "success" and not _succeeded(own):
            yield Violation("loss", f"{task.key} succeeded without a job that did")
        elif task.state == "failed" and not (
            _may_fail(task, own, world.weather.still)
            or _was_overtaken(task)
            or (own and _was_overdue(own[-1]))
            or (_date_was_taken(world, task) and all(_gave_way(job) for job in own))
        ):
            yield Violation("loss", f"{task.key} failed, not its job: {task.errors}")


def _kills(world: World) -> Iterator[Violation]:
    """What nobody waits for is ended; what is waited for is not."""
    for job in world.batch.jobs.values():
        if (status := job.status(world.loop.now)) not in FINISHED:
            yield Violation("loss", f"{job.id} of {job.attempt.task} is still {status}")
    for task, jobs in _jobs_by_task(world):
        for job in jobs:
            unwanted = task.kills or task.clears or task.key in world.interfered
            # A trigger may have heard of a person's act that the database has lost since.
            unwanted = unwanted or world.weather.happened["seconds of the database lost"]
            right = (
                _has_twin(job, jobs)
                or _was_overdue(job)
                or (_gave_way(job) and _date_was_taken(world, task))
            )
            if job.asked_to_end and not unwanted and not right:
                yield Violation("loss", f"{job.id} of {task.key} was ended: {job.asked_to_end}")
            if not world.weather.disturbed() and (late := _late_end(task, job, jobs)):
                yield Violation("loss", f"{job.id} of {task.key} was ended {late:.0f} s late")


def _late_end(task: Instance, job: Job, jobs: list[Job]) -> float:
    """Seconds between a person's mark and TerminateJob beyond what it may take; 0 if in time."""
    if job.asked_to_end is None:
        return 0
    for kill in task.kills:
        if kill.moment >= job.submitted:
            # Whoever hears of the mark waits for the task's newest job; an older one is a clear's.
            is_newest = not any(job.submitted < each.submitted <= kill.moment for each in jobs)
            allowed = KILL_SECONDS if kill.heard and is_newest else UNHEARD_SECONDS
            return max(0, job.asked_to_end[0] - kill.moment - allowed)
    return 0


def _has_twin(job: Job, jobs: list[Job]) -> bool:
    return any(other is not job and other.name == job.name for other in jobs)


def _succeeded(jobs: list[Job]) -> bool:
    return any(job.exit_code == 0 for job in jobs)


def _may_fail(task: Instance, jobs: list[Job], still: bool) -> bool:
    """Whether the last job failed for good; or there was no try left, if faults took them."""
    if task.try_number > task.max_tries and (not still or (jobs and jobs[-1].exit_code != 0)):
        return True
    # Not if it ended for lack of memory: that goes once more on the larger class, which has enough.
    # A job that the claim refused has done nothing; the try goes on with the one that holds it.
    worked = [job for job in jobs if job.refused != "series"]
    return bool(worked) and worked[-1].exit_code == 1


def _was_overdue(job: Job) -> bool:
    """Whether it was ended because its stage has had all the time that ``total_seconds`` gives."""
    if job.asked_to_end is None or job.asked_to_end[1] != OVERDUE:
        return False
    return job.asked_to_end[0] - job.submitted >= LEAST_TOTAL_SECONDS


def _was_overtaken(task: Instance) -> bool:
    """Whether its update was refused at last, because a newer state of the model is there.

    It would add to a state before that one, so a person has to plan it anew.
    """
    return bool(task.errors) and "has a newer state, models/" in str(task.errors[-1])


def _date_was_taken(world: World, task: Instance) -> bool:
    """Whether another run had a job for what this task was to make: two runs of one second.

    The second one must not make it again, under the same key.
    """
    stage, plan = planned(task, world.airflow.runs[task.dag_id, task.run_id])
    job = Plan.from_json(plan).jobs[stage]
    others = [each for each in world.batch.jobs.values() if each.attempt.task != task.key]
    return job.exclusive and any(is_job_of(job.name, each.name) for each in others)


def _gave_way(job: Job) -> bool:
    """Whether it has made nothing because of the other run's, seen only after the submission."""
    if job.refused == "date":
        return True
    return job.asked_to_end is not None and job.asked_to_end[1].endswith("on the same date")


def _jobs_by_task(world: World) -> Iterator[tuple[Instance, list[Job]]]:
    by_task: dict[object, list[Job]] = {}
    for job in world.batch.jobs.values():
        by_task.setdefault(job.attempt.task, []).append(job)
    for task in world.airflow.instances():
        if task.key in by_task:
            yield task, by_task[task.key]


def _unexplained(world: World) -> Iterator[str]:
    """Errors that no fault explains."""
    for error in world.functions.unexplained:
        yield f"the function failed for nothing: {error}"
    for error in dict.fromkeys(world.surprises):
        yield f"an error of the code's own: {error}"
