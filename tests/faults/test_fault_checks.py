"""What the checks of a schedule call a violation, and what not."""

from __future__ import annotations

import pytest

from emmaa_airflow.triggers.batch import OVERDUE
from emmaa_cycle.s3_layout import model_key
from tests.faults.checks import Violation, violations
from tests.faults.fake_airflow import Attempt, Instance
from tests.faults.jobs import planned
from tests.faults.virtual_time import Process
from tests.faults.weather import DAY
from tests.faults.world import Deletion, World

PIPELINE, TASK = "emmaa_update_pipeline", "model.run_model_update"
FIRST, SECOND = "2026-03-02-12-01-36", "2026-03-02-12-01-45"


def daily_update(world: World, run_id: str, planned_at: str) -> Instance:
    conf = {"model": "rasmodel", "planned_at": planned_at}
    world.airflow.create_run(PIPELINE, run_id, conf, world.loop.now, "scheduler")
    return world.airflow.runs[PIPELINE, run_id].tasks[0]


def submit(world: World, task: Instance, planned_at: str) -> str:
    """Submit the task's job as of a plan, and return its id."""
    run = world.airflow.runs[task.dag_id, task.run_id]
    run.conf["planned_at"] = planned_at
    run.plans.clear()
    stage, plan = planned(task, run)
    request = {
        **{"jobName": f"{plan['jobs'][stage]['name']}-0123456789ab-{task.clears}"},
        **{"jobQueue": "a queue", "jobDefinition": f"definition {task.clears}"},
        **{"containerOverrides": {"environment": []}, "tags": plan["jobs"][stage]["tags"]},
    }
    answer = world.batch.handle("submitjob", request, Attempt(task.key, 0, task.try_number))
    job_id = str(answer["jobId"])
    world.batch.jobs[job_id].started = world.loop.now
    return job_id


def end(world: World, job_id: str, reason: str = "killed") -> None:
    world.batch.handle("terminatejob", {"jobId": job_id, "reason": reason}, None)


def clear(world: World, task: Instance) -> None:
    world.airflow.clear(task, world.loop.now)
    world.clears[task.key] += 1
    world.batch.give_up(task.key, task.clears)
    task.try_number += 1


def violations_of(world: World) -> list[Violation]:
    world.loop.now += 100  # what was ended takes its time
    for job in world.batch.jobs.values():
        job.history.append((world.loop.now, "FAILED"))
    return violations(world)


def found(world: World) -> list[str]:
    return [violation.what for violation in violations_of(world)]


def test_a_kill_that_is_heard_ends_the_job_within_one_poll(world: World) -> None:
    task = daily_update(world, "a run", FIRST)
    job = submit(world, task, FIRST)
    world.loop.now += 10
    world.airflow.mark(task, "failed", world.loop.now, heard=True)
    world.loop.now += 400
    end(world, job)
    assert found(world) == [f"{job} of {task.key} was ended 385 s late"]


def test_a_job_that_an_unheard_clear_has_left_behind_may_be_found_later(world: World) -> None:
    """The trigger that hears of a kill waits for the newest job of its task alone."""
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


@pytest.mark.parametrize("died", [True, False])
def test_a_late_job_of_an_earlier_try_is_right_only_if_its_process_could_not_end_it(
    world: World, died: bool
) -> None:
    """A machine that stood still with SubmitJob under way, and was lost as it went on.

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


def test_what_a_clear_leaves_behind_must_not_go_on_for_long(world: World) -> None:
    task = daily_update(world, "a run", FIRST)
    older = submit(world, task, FIRST)
    clear(world, task)
    newer = submit(world, task, SECOND)
    end(world, newer)
    world.loop.now += 2000
    assert f"{older}, which was cleared, went on beside {newer}" in found(world)


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


def fail(world: World, task: Instance, job_id: str, code: int | None) -> None:
    """End the task's last try with its job, which ended by itself."""
    world.batch.jobs[job_id].exit_code = code
    task.try_number, task.state = task.max_tries + 1, "failed"


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


@pytest.mark.parametrize("ended", [True, False])
def test_the_trigger_of_a_deleted_run_ends_its_job(world: World, ended: bool) -> None:
    job = world.batch.jobs[submit(world, daily_update(world, "a run", FIRST), FIRST)]
    world.heard_deletions.append(Deletion(world.loop.now, job, Process("triggerer")))
    if ended:
        end(world, job.id)
    world.loop.now += 2000
    assert (f"{job.id} went on though its run was deleted" in found(world)) is not ended
