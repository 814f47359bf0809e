"""People who clear, mark and delete what they see in Airflow's UI."""

from __future__ import annotations

import asyncio

from tests.faults.airflow_rows import Instance
from tests.faults.fake_batch import DELETED
from tests.faults.jobs import WATCH, plan_anew
from tests.faults.world import Deletion, World

_STATES = ("running", "deferred", "deferred", "queued", "up_for_retry", "")
_ACTS = ("clear", "clear", "failed", "failed", "success", "success", "delete")


async def interfere(world: World) -> None:
    """Clear or mark a task while it is active, or after it has ended."""
    state = world.rng.choice(_STATES)
    task = await one_in(world, state)
    await asyncio.sleep(world.rng.choice([0.0, 0.3, 2.0, 20.0]))
    if task and is_there(world, task) and not world.weather.airflow_is_down(world.loop.now):
        _do(world, task, world.rng.choice(_ACTS))


async def one_in(world: World, state: str) -> Instance | None:
    """Wait for a task in a state, any task if it is empty; None if there is none in time."""
    while world.loop.now < world.weather.calm:
        tasks = [task for task in world.airflow.instances() if task.dag_id != WATCH]
        if found := [task for task in tasks if state in ("", task.state)]:
            return world.rng.choice(found)
        await asyncio.sleep(1)
    return None


def is_there(world: World, task: Instance) -> bool:
    """Return whether the task's run still exists."""
    run = world.airflow.runs.get((task.dag_id, task.run_id))
    return run is not None and task in run.tasks


def _do(world: World, task: Instance, what: str) -> None:
    now = world.loop.now
    world.weather.happened[f"a person: {what} while {task.state}"] += 1
    world.note(f"{what}: {task.key}, which is {task.state}")
    if what == "delete":
        delete(world, task)
    elif what == "clear":
        if world.rng.random() < 0.5:
            plan_anew(world.airflow.runs[task.dag_id, task.run_id], world.right_time())
        world.airflow.clear(task, now)
        world.interfered.add(task.key)
        world.clears[task.key] += 1
        world.batch.give_up(task.key, task.clears)
    elif task.state not in ("success", "failed"):
        world.interfered.add(task.key)
        world.airflow.mark(task, what, now, heard=world.hears_of_kills(task))


def delete(world: World, task: Instance) -> None:
    """Delete the task's run.

    A trigger that sees it ends its task's job. Any other job runs to its end: Airflow no longer
    knows its task, and the watch ends no jobs of unknown tasks (docs/dags.md).
    """
    run = world.airflow.runs[task.dag_id, task.run_id]
    for each in run.tasks:
        world.interfered.add(each.key)
        world.deleted.add(each.key)
        world.batch.go_on(each.key)
        followers = world.followers(each) if each.state == "deferred" else []
        job = world.batch.give_up_newest(each.key, DELETED) if followers else None
        if job:
            world.heard_deletions.append(Deletion(world.loop.now, job, followers[0].process))
    world.airflow.delete_run(task.dag_id, task.run_id)
