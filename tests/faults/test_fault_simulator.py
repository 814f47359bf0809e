"""The simulator finds what it is there to find: each known bug, put back, is seen."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.retries import bucket

from emmaa_airflow import aws as aws_module
from emmaa_airflow import job_outcome as emmaa_job_outcome
from emmaa_airflow.batch_jobs import BatchJobs, Submitted
from emmaa_airflow.job_identity import JobIdentity, job_identity
from emmaa_airflow.operators import batch as operator_module
from emmaa_airflow.task_states import GONE, task_state
from emmaa_airflow.triggers import batch as trigger_module
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_airflow.upload_finder import UploadFinder
from emmaa_cycle.uploads import Upload
from lambdas.upload_to_dag_run import airflow_api, handler
from tests.faults import deployment, virtual_time
from tests.faults.aws_transport import virtual_clocks
from tests.faults.fake_airflow import Attempt, Instance
from tests.faults.fake_batch import FINISHED
from tests.faults.simulated_workers import Worker
from tests.faults.simulation import run_schedule
from tests.faults.virtual_time import in_greenlet
from tests.faults.world import World

Patch = pytest.MonkeyPatch
MOST_SCHEDULES = 100


def random_names(patch: Patch) -> None:
    """No attempt finds the job of an earlier one."""

    def identity(*args: Any) -> JobIdentity:
        found = job_identity(*args)
        return replace(found, task_prefix=found.task_prefix + uuid.uuid4().hex, name=found.name)

    patch.setattr(operator_module, "job_identity", identity)


def no_reattachment(patch: Patch) -> None:
    """Every attempt submits."""

    def ensure(self: BatchJobs, job: Any, who: JobIdentity, env: Any, **_: Any) -> Submitted:
        return Submitted(self.submit(job, who.name, env), "SUBMITTED", False, who.name)

    patch.setattr(BatchJobs, "ensure", ensure)


def repeated_submissions(patch: Patch) -> None:
    """botocore itself repeats a SubmitJob whose answer was lost."""

    def config(**options: Any) -> Config:
        return Config(**{**options, "retries": {"mode": "adaptive", "max_attempts": 8}})

    patch.setattr(aws_module, "Config", config)


def shutdown_ends_jobs(patch: Patch) -> None:
    """A worker's SIGTERM ends the job, as in Airflow's own operator."""

    def on_kill(self: Any) -> None:
        if job_id := getattr(self, "job_id", None):
            BatchJobs(self._client()).terminate(job_id, "Task killed by the user")

    patch.setattr(operator_module.EmmaaBatchOperator, "on_kill", on_kill)


def deaf_to_kills(patch: Patch) -> None:
    """Nobody ends the job of a task that a person has marked."""

    deaf_triggers(patch)
    patch.setattr(operator_module.EmmaaBatchOperator, "_stop_if_killed", lambda *_: None)
    patch.setattr("emmaa_airflow.stray_jobs.StrayJobs.end", lambda _: [])


def deaf_triggers(patch: Patch) -> None:
    """A kill is heard by the watch alone, some polls later."""

    async def terminate(self: EmmaaBatchTrigger) -> None:
        return None

    patch.setattr(EmmaaBatchTrigger, "_terminate_unless_deferred", terminate)


def only_triggers_kill(patch: Patch) -> None:
    """A kill is lost where no trigger is there to hear of it."""
    patch.setattr("emmaa_airflow.stray_jobs.StrayJobs.end", lambda _: [])


def no_larger_class(patch: Patch) -> None:
    """What was short of memory fails for good."""
    outcome = emmaa_job_outcome.job_outcome

    def without_memory(job: Any) -> Any:
        return replace(outcome(job), out_of_memory=False)

    patch.setattr(trigger_module, "job_outcome", without_memory)


def conflict_is_an_error(patch: Patch) -> None:
    """The function fails when the run is there already."""
    patch.setattr(airflow_api, "_CONFLICT", 0)


def random_run_ids(patch: Patch) -> None:
    """Every delivery of an event is a run of its own."""

    def start(api: airflow_api.AirflowApi, upload: Upload, note: str) -> airflow_api.Started:
        other: Any = SimpleNamespace(
            dag_id=upload.dag_id, run_id=f"upload__{uuid.uuid4().hex}", conf=upload.conf
        )
        return airflow_api.start_run(api, other, note)

    patch.setattr(handler, "start_run", start)


def no_repair(patch: Patch) -> None:
    """An event that is lost is lost."""
    patch.setattr(UploadFinder, "missing", lambda *_: [])


def old_rounds_are_lost(patch: Patch) -> None:
    """An upload is as old as the date in its key, so the watch does not see one of last week."""
    patch.setitem(deployment.SETTINGS, "EMMAA_UPLOADS__KEY_DAYS", "2")


BUGS: tuple[tuple[Callable[[Patch], None], str], ...] = (
    (random_names, "duplicate"),
    (no_reattachment, "duplicate"),
    (repeated_submissions, "duplicate"),
    (shutdown_ends_jobs, "loss"),
    (deaf_to_kills, "loss"),
    (deaf_triggers, "loss"),
    (only_triggers_kill, "loss"),
    (no_larger_class, "loss"),
    (conflict_is_an_error, "other"),
    (random_run_ids, "duplicate"),
    (no_repair, "loss"),
    (old_rounds_are_lost, "loss"),
)


@pytest.mark.parametrize(("bug", "kind"), BUGS, ids=[bug.__name__ for bug, _ in BUGS])
def test_a_bug_is_found(
    bug: Callable[[Patch], None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    for seed in range(1, MOST_SCHEDULES + 1):
        found = run_schedule(seed).violations
        if any(violation.kind == kind for violation in found):
            return
    pytest.fail(f"{MOST_SCHEDULES} schedules have not shown it")


def test_what_goes_on_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that finds ever new uploads would let a schedule, and CI, never come to an end."""
    run_id = property(lambda _: f"upload__{uuid.uuid4().hex}")
    monkeypatch.setattr(Upload, "run_id", run_id)
    monkeypatch.setattr(virtual_time, "MOST_STEPS", 20_000)
    found = [v.what for v in run_schedule(1).violations if v.kind == "other"]
    assert any("goes on for ever" in what for what in found)


def test_a_token_comes_whatever_rounding_leaves_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore waits for the rest of a token, which may be too little for a clock to show."""
    for module, name, value in virtual_clocks(world):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(virtual_time, "MOST_STEPS", 100)
    world.loop.now = 524.5
    tokens = bucket.TokenBucket(1, bucket.Clock())
    tokens._current_capacity = 1 - 2e-16
    assert world.loop.run_until_complete(in_greenlet(tokens.acquire))


def one_task(world: World) -> Instance:
    conf = {"model": "rasmodel", "date": "2026-03-02-12-00-00"}
    world.airflow.create_run("emmaa_mm_update", "a run", conf, 0, "a person")
    (task,) = world.airflow.instances()
    return task


def test_a_mark_after_the_last_look_is_heard_by_the_watch_alone(world: World) -> None:
    """Between its look at the task's state and its deferral a process learns nothing more."""
    task = one_task(world)
    with deployment.deployed(world):
        task.state, task.worker = "running", Worker(world, task)
        before = world.hears_of_kills(task)
        look = in_greenlet(task_state, *task.key)
        world.loop.run_until_complete(world.loop.start(task.worker.process, look))
    assert (before, world.hears_of_kills(task)) == (True, False)


def test_a_task_whose_run_was_deleted_is_gone(world: World) -> None:
    """Its process must not wait for a job that nobody can find any more."""
    task = one_task(world)
    states = []
    with deployment.deployed(world):
        worker = Worker(world, task)
        for _ in range(2):
            look = world.loop.start(worker.process, in_greenlet(task_state, *task.key))
            states.append(world.loop.run_until_complete(look))
            if task in world.airflow.instances():
                world.airflow.delete_run(task.dag_id, task.run_id)
    assert states == [None, GONE]


def test_a_job_that_is_taken_up_after_a_lost_clear_comes_to_its_end(world: World) -> None:
    """A clear is lost with its worker; the next try waits for the same job (docs/dags.md)."""
    task = one_task(world)
    request = {
        **{"jobName": "a job", "jobQueue": "a queue", "jobDefinition": "a definition"},
        **{"containerOverrides": {"environment": []}, "tags": {"round": "2026-03-02-12-00-00"}},
    }
    world.batch.handle("submitjob", request, Attempt(task.key, 0, 1))
    (job,) = world.batch.jobs.values()
    world.batch.give_up(task.key, 1)
    world.loop.run_until_complete(asyncio.sleep(300))
    assert job.status(world.loop.now) == "RUNNING"
    world.batch.want_again(task.key, 1)
    world.loop.run_until_complete(asyncio.sleep(300))
    assert job.status(world.loop.now) in FINISHED
