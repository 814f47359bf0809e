"""The simulator finds what it is there to find: each known bug, put back, is seen."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import uuid
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.retries import bucket

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.runs.task_states import GONE, task_state
from emmaa_cycle.uploads import Upload
from tests.faults import deployment, virtual_time
from tests.faults.airflow_rows import Attempt, Instance
from tests.faults.aws_transport import virtual_clocks
from tests.faults.batch_jobs import FINISHED
from tests.faults.planted_bugs import BUGS, MOST_SCHEDULES, Planted, finds, schedules_needed
from tests.faults.simulated_workers import Worker
from tests.faults.simulation import run_schedule
from tests.faults.virtual_time import Process, in_greenlet
from tests.faults.world import World

TABLE = Path(__file__).parents[2] / "docs" / "testing.md"


def documented() -> dict[str, int]:
    """Return the rows of the documented table, without their last cell, and that cell."""
    rows = re.findall(r"^(\| \[\w+\]\(\w+\.md\) \| .+) \| (\d+) \|$", TABLE.read_text(), re.M)
    return {row: int(needed) for row, needed in rows}


def test_the_documented_table_has_each_planted_bug() -> None:
    assert list(documented()) == [bug.row(0).rpartition(" | ")[0] for bug in BUGS]
    assert max(documented().values()) <= MOST_SCHEDULES


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_bug_is_found(bug: Planted) -> None:
    """The documented schedule finds it, or another one if the code has changed since."""
    first = documented()[bug.row(0).rpartition(" | ")[0]]
    assert finds(bug, first) or schedules_needed(bug), bug.promise


def test_a_seed_gives_the_same_schedule_whatever_ran_before() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as fresh:
        first, _, again = fresh.map(run_schedule, [81, 7, 81], chunksize=3)
    assert (again.jobs, again.uploads, again.happened) == (
        first.jobs,
        first.uploads,
        first.happened,
    )


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
    """The rest of a token, for which botocore waits, may be less than a clock can show."""
    for module, name, value in virtual_clocks(world):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(virtual_time, "MOST_STEPS", 100)
    world.loop.now = 524.5
    tokens = bucket.TokenBucket(1, bucket.Clock())
    tokens._current_capacity = 1 - 2e-16
    assert world.loop.run_until_complete(in_greenlet(tokens.acquire))


def test_jobs_beyond_the_first_page_are_seen(world: World) -> None:
    """A page may be empty, or hold one job of many."""
    request = {
        **{"jobName": "a job", "jobQueue": "a queue", "jobDefinition": "a definition"},
        **{"containerOverrides": {"environment": []}, "tags": {"round": "2026-03-02-12-00-00"}},
    }
    task = one_task(world)
    for number in range(7):
        world.batch.handle("submitjob", request, Attempt(task.key, 0, number))
    jobs = BatchClient(world.aws.client("batch", Config(retries={"total_max_attempts": 1})))

    process, named = Process("task"), in_greenlet(jobs.named, "a queue", "a job")
    assert len(world.loop.run_until_complete(world.loop.start(process, named))) == 7
    assert world.batch.calls["listjobs"] > 2


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
