"""Tests of the checks for one running job per series and one running update per model."""

from __future__ import annotations

import pytest

from tests.faults.checked_world import (
    FIRST,
    PIPELINE,
    SECOND,
    daily_update,
    end,
    found,
    submit,
    violations_of,
)
from tests.faults.checks import Violation, violations
from tests.faults.world import World


@pytest.mark.parametrize("died", [True, False])
def test_a_late_job_of_an_earlier_try_is_right_only_if_its_process_could_not_end_it(
    world: World, died: bool
) -> None:
    """A machine was suspended with SubmitJob in flight, and lost as it resumed.

    With claims one of the two jobs does not work.
    """
    world.image_claims = False
    task = daily_update(world, "a run", FIRST)
    task.try_number = 2
    submit(world, task, FIRST)
    world.loop.now += 5
    task.try_number = 1
    late = submit(world, task, FIRST)
    world.batch.jobs[late].left_alone = died
    task.try_number, task.state = 5, "failed"
    kinds = [violation.kind for violation in violations_of(world)]
    assert ("duplicate" in kinds) is not died


def test_two_jobs_of_a_series_never_work_side_by_side_where_they_claim(world: World) -> None:
    world.image_claims = True
    task = daily_update(world, "a run", FIRST)
    one = submit(world, task, FIRST)
    world.loop.now += 5
    other = submit(world, task, FIRST)
    world.batch.jobs[other].left_alone = True
    assert f"{other} worked beside {one} of {task.key}" in found(world)


@pytest.mark.parametrize(("lag", "seen"), [(2.0, False), (0.0, True)])
def test_without_claims_two_tries_may_work_if_neither_sees_the_other(
    world: World, lag: float, seen: bool
) -> None:
    world.image_claims, world.batch.list_lag = False, lag
    task = daily_update(world, "a run", FIRST)
    one = submit(world, task, FIRST)
    world.loop.now += 1
    other = submit(world, task, FIRST)
    assert (f"{other} worked beside {one} of {task.key}" in found(world)) is seen


def test_two_tasks_must_not_make_the_same_state(world: World) -> None:
    world.image_claims = True
    for run_id in ("a run", "the other run"):
        job_id = submit(world, daily_update(world, run_id, FIRST), FIRST)
        world.made.setdefault((PIPELINE, "a key"), []).append(world.batch.jobs[job_id])
    assert "a key was made by job-0001 and by job-0002" in found(world)


@pytest.mark.parametrize("lag", [0.0, 600.0])
def test_two_updates_of_a_model_at_once_are_right_only_if_listings_lag(
    world: World, lag: float
) -> None:
    """Up to a minute may pass between an attempt's look and its SubmitJob."""
    world.batch.list_lag = lag
    submit(world, daily_update(world, "a run", FIRST), FIRST)
    world.loop.now += 70
    submit(world, daily_update(world, "the other run", SECOND), SECOND)
    assert ("job-0001 and job-0002 update rasmodel at once" in found(world)) is (lag == 0)


@pytest.mark.parametrize("run_of_job", ["a run", "the other run"])
def test_an_update_is_skipped_for_another_one_of_its_model_alone(
    world: World, run_of_job: str
) -> None:
    submit(world, daily_update(world, run_of_job, FIRST), FIRST)
    task = daily_update(world, "the other run", SECOND)
    task.state, task.finished_at = "skipped", world.loop.now
    other = f"{task.key} was skipped for no update of its model"
    assert (other in found(world)) is (run_of_job == "the other run")


@pytest.mark.parametrize("gave_way", [True, False])
def test_an_attempt_submits_again_only_if_it_gave_way_to_another_update(
    world: World, gave_way: bool
) -> None:
    world.batch.list_lag = 0.0
    task = daily_update(world, "a run", FIRST)
    end(world, submit(world, task, FIRST), f"Airflow: {'a job is in flight' if gave_way else 'no'}")
    submit(world, task, FIRST)
    assert any(what.startswith("2 jobs of definition 0") for what in found(world)) is not gave_way


@pytest.mark.parametrize("frozen", [True, False])
def test_a_process_that_stood_still_may_skip_for_an_update_that_has_ended_since(
    world: World, frozen: bool
) -> None:
    rival = submit(world, daily_update(world, "a run", FIRST), FIRST)
    world.batch.jobs[rival].history.append((world.loop.now, "SUCCEEDED"))
    world.loop.now += 300
    world.weather.happened["task frozen"] += frozen
    task = daily_update(world, "the other run", SECOND)
    task.state, task.finished_at = "skipped", world.loop.now
    skipped = Violation("loss", f"{task.key} was skipped for no update of its model")
    assert (skipped in violations(world)) is not frozen
