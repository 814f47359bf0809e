"""Jobs that nobody waits for are ended: what the check calls a violation."""

from __future__ import annotations

import pytest

from tests.faults.checked_world import (
    FIRST,
    SECOND,
    clear,
    daily_update,
    end,
    found,
    submit,
)
from tests.faults.virtual_time import Process
from tests.faults.world import Deletion, World


def test_a_kill_that_is_heard_ends_the_job_within_one_poll(world: World) -> None:
    task = daily_update(world, "a run", FIRST)
    job = submit(world, task, FIRST)
    world.loop.now += 10
    world.airflow.mark(task, "failed", world.loop.now, heard=True)
    world.loop.now += 400
    end(world, job)
    assert found(world) == [f"{job} of {task.key} was ended 385 s late"]


def test_a_job_that_an_unheard_clear_has_left_behind_may_be_found_later(world: World) -> None:
    """The trigger that sees a kill waits only for the newest job of its task."""
    task = daily_update(world, "a run", FIRST)
    older = submit(world, task, FIRST)
    clear(world, task)
    world.loop.now += 5
    newer = submit(world, task, SECOND)
    world.loop.now += 5
    world.airflow.mark(task, "failed", world.loop.now, heard=True)
    end(world, newer)
    world.loop.now += 400
    end(world, older)
    assert found(world) == []


def test_what_a_clear_leaves_behind_must_not_go_on_for_long(world: World) -> None:
    task = daily_update(world, "a run", FIRST)
    older = submit(world, task, FIRST)
    clear(world, task)
    newer = submit(world, task, SECOND)
    end(world, newer)
    world.loop.now += 2000
    assert f"{older}, which was cleared, went on beside {newer}" in found(world)


@pytest.mark.parametrize("when", ["before", "after", "never"])
def test_a_job_may_be_ended_if_the_database_has_lost_that_its_task_waits_for_it(
    world: World, when: str
) -> None:
    task = daily_update(world, "a run", FIRST)
    moments = {"before": [-1.0], "after": [world.loop.now + 1], "never": []}
    world.rolled_back[task.key] = moments[when]
    job = submit(world, task, FIRST)
    world.loop.now += 5
    end(world, job)
    ended = [what for what in found(world) if what.startswith(f"{job} of {task.key} was ended")]
    assert bool(ended) is (when != "after")


@pytest.mark.parametrize("ended", [True, False])
def test_the_trigger_of_a_deleted_run_ends_its_job(world: World, ended: bool) -> None:
    job = world.batch.jobs[submit(world, daily_update(world, "a run", FIRST), FIRST)]
    world.heard_deletions.append(Deletion(world.loop.now, job, Process("triggerer")))
    if ended:
        end(world, job.id)
    world.loop.now += 2000
    assert (f"{job.id} went on though its run was deleted" in found(world)) is not ended
