"""A task ends as its job did: what its check calls a violation."""

from __future__ import annotations

import pytest

from emmaa_airflow.triggers.batch import OVERDUE
from emmaa_cycle.s3_layout import model_key
from tests.faults.checked_world import (
    FIRST,
    PIPELINE,
    SECOND,
    clear,
    daily_update,
    end,
    fail,
    found,
    submit,
)
from tests.faults.weather import DAY
from tests.faults.world import World


@pytest.mark.parametrize("submitted", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("other_date", "is_right"), [(FIRST, True), (SECOND, False)])
def test_a_task_may_give_way_to_another_run_that_has_the_date(
    world: World, other_date: str, is_right: bool, submitted: bool
) -> None:
    """It sees the other run's job before it submits its own, or just after."""
    other = daily_update(world, "the other run", other_date)
    job = submit(world, other, other_date)
    world.airflow.mark(other, "failed", world.loop.now, heard=True)
    end(world, job)
    task = daily_update(world, "a run", FIRST)
    if submitted:
        own = submit(world, task, FIRST)
        end(world, own, "Airflow: another run works on the same date")
    task.state = "failed"
    task.errors.append("another run works on the same date")
    faults = found(world)
    assert bool(faults) is not is_right
    assert is_right or f"{task.key} failed, not its job: {task.errors}" in faults


@pytest.mark.parametrize(("code", "may_fail"), [(3, True), (None, True), (0, False)])
def test_the_last_try_may_fail_as_its_job_did_or_with_its_host(
    world: World, code: int | None, may_fail: bool
) -> None:
    world.weather.still = True
    task = daily_update(world, "a run", FIRST)
    fail(world, task, submit(world, task, FIRST), code)
    faults = [what for what in found(world) if "failed, not its job" in what]
    assert bool(faults) is not may_fail


@pytest.mark.parametrize("deleted", [True, False])
def test_a_run_made_anew_may_fail_as_its_first_series_did(world: World, deleted: bool) -> None:
    """A run that was deleted begins with that series again."""
    task = daily_update(world, "a run", FIRST)
    first = submit(world, task, FIRST)
    world.batch.jobs[first].exit_code = 1
    clear(world, task)
    world.batch.jobs[submit(world, task, FIRST)].exit_code = 0
    if deleted:
        world.airflow.delete_run(PIPELINE, "a run")
        world.deleted.add(task.key)
        task = daily_update(world, "a run", FIRST)
    task.state = "failed"
    faults = [what for what in found(world) if "failed, not its job" in what]
    assert bool(faults) is not deleted


@pytest.mark.parametrize("claims", [True, False])
def test_a_job_that_was_to_give_way_has_made_something_only_without_claims(
    world: World, claims: bool
) -> None:
    world.image_claims = claims
    submit(world, daily_update(world, "the other run", FIRST), FIRST)
    task = daily_update(world, "a run", FIRST)
    world.batch.jobs[submit(world, task, FIRST)].exit_code = 0
    task.state = "failed"
    task.errors.append("another run works on the same date")
    faults = [what for what in found(world) if "failed, not its job" in what]
    assert bool(faults) is claims


def test_the_time_of_a_stage_counts_from_the_first_job_of_its_series(world: World) -> None:
    task = daily_update(world, "a run", FIRST)
    world.batch.jobs[submit(world, task, FIRST)].exit_code = 3
    world.loop.now += 10 * DAY
    late = submit(world, task, FIRST)
    end(world, late, OVERDUE)
    task.state = "failed"
    assert not [what for what in found(world) if "failed, not its job" in what]


@pytest.mark.parametrize("newer", [SECOND, "2026-03-02-12-00-00"])
def test_an_update_may_be_refused_only_for_a_newer_state_that_is_there(
    world: World, newer: str
) -> None:
    """Also if a process that was given up reports its own end later."""
    world.bucket.put(model_key("rasmodel", newer), "{}")
    task = daily_update(world, "a run", FIRST)
    task.state = "failed"
    task.errors += [
        f"model 'rasmodel' has a newer state, {model_key('rasmodel', newer)}, than the one that"
        f" this update was planned to make, of {FIRST}: clear model.plan",
        "the task was killed while it submitted Batch job job-0001, which was ended",
    ]
    faults = [what for what in found(world) if "failed, not its job" in what]
    assert bool(faults) is (newer != SECOND)
