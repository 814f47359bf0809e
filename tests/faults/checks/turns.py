"""A model's updates follow one another, and delay no other model's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from emmaa_airflow.batch.submission import STALE_SECONDS
from tests.faults.airflow_rows import Instance, Run
from tests.faults.batch_jobs import Job
from tests.faults.checks.common import Violation, start_of
from tests.faults.jobs import PIPELINE, UPDATE
from tests.faults.weather import CLOCK_AHEAD, LONGEST_FREEZE
from tests.faults.world import World

#: Within so long an update is submitted if nothing goes wrong and none of its model is in its way.
PROMPT_SECONDS = 180.0
#: A day of a backfill that waits looks again after a tenth of the time, by its worker's clock.
LOOK_AGAIN = 0.1
#: DescribeJobs may still show a job that has just ended, and a process takes time, more if its
#: machine is suspended.
_MOMENT = 30.0


def violations(world: World) -> Iterator[Violation]:
    """Yield updates that worked beside each other, and such as waited for nothing."""
    yield from _side_by_side(world)
    for run in world.airflow.runs.values():
        if run.dag_id == PIPELINE and not run.stuck:
            yield from _needless(world, run)


def _side_by_side(world: World) -> Iterator[Violation]:
    """No update begins beside one that Batch shows when it is submitted (docs/dags.md)."""
    for _, jobs in itertools.groupby(sorted(_updates(world), key=_model), key=_model):
        for one, other in itertools.pairwise(sorted(jobs, key=lambda job: job.submitted)):
            same = one.attempt.task == other.attempt.task
            if same or one.refused or other.refused or not _overlap(one, other):
                continue
            if other.submitted - one.submitted > _unseen_seconds(world):
                what = f"{one.id} and {other.id} update {_model(one)} at once"
                yield Violation("duplicate", what)


def _unseen_seconds(world: World) -> float:
    """Return by how much later a second update may be submitted that does not see the first one."""
    calm = world.weather.still or world.weather.fair
    return 0.0 if calm else world.batch.list_lag + STALE_SECONDS


def _overlap(one: Job, other: Job) -> bool:
    """Return whether both work at once, and nobody has ended the first one before."""
    if one.started is None or other.started is None:
        return False
    ended = min(one.ended, one.asked_to_end[0] if one.asked_to_end else one.ended)
    return start_of(other) < ended and start_of(one) < other.ended


def _needless(world: World, run: Run) -> Iterator[Violation]:
    """Only an update of the same model is in an update's way."""
    calm = world.weather.still and not world.weather.aws_away
    for task in run.tasks:
        if task.task_id != UPDATE or task.kills or task.clears:
            continue
        frozen = LONGEST_FREEZE if world.weather.happened["task frozen"] else 0.0
        looked = task.finished_at - frozen - _MOMENT
        if task.state == "skipped" and not _rivals(world, run, looked):
            yield Violation("loss", f"{task.key} was skipped for no update of its model")
        if calm and (late := _delay(world, run, task)) > 0:
            yield Violation("loss", f"{task.key} waited {late:.0f} s for no update of its model")


def _delay(world: World, run: Run, task: Instance) -> float:
    """Return the seconds beyond what a task may take that nothing of its model is in the way of."""
    own = [job.submitted for job in _updates(world) if job.attempt.task == task.key]
    until = min(own, default=task.finished_at or world.loop.now)
    in_the_way = _rivals(world, run, run.created)
    clear = max((min(job.ended, until) for job in in_the_way if job.submitted < until), default=0.0)
    allowed = PROMPT_SECONDS
    if run.logical_date:
        allowed += CLOCK_AHEAD + LOOK_AGAIN * (until - run.created)
    return until - max(clear, run.created) - allowed


def _rivals(world: World, run: Run, since: float) -> list[Job]:
    """Return the updates of the model by other runs that had not ended at a moment."""
    model = run.conf["model"]
    return [
        job
        for job in _updates(world)
        if job.attempt.task[1] != run.run_id
        and world.airflow.conf(PIPELINE, job.attempt.task[1])["model"] == model
        and job.ended >= since
    ]


def _updates(world: World) -> list[Job]:
    return [job for job in world.batch.jobs.values() if job.attempt.task[2] == UPDATE]


def _model(job: Job) -> str:
    return job.tags.get("model", "")
