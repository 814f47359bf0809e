"""The operations team, and what it runs: parts of Airflow that restart, hang or are cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from emmaa_cycle.settings import load_settings
from tests.faults.people import one_in
from tests.faults.world import World

#: Settings that are deployed while runs are active.
_CHANGES = (
    {"EMMAA_BATCH__POLL_MAX_SECONDS": "20", "EMMAA_UPLOADS__WATCH_SECONDS": "1000"},
    {"EMMAA_BATCH__LARGE_MODELS": '{"tests": ["rasmodel"], "model_update": ["rasmodel"]}'},
    {"EMMAA_BATCH__TARGETS": '{"normal": {"queue": "a-new-queue", "definition": "emmaa_jobdef"}}'},
)


async def restart_something(world: World) -> None:
    """Restart a part of Airflow, gently or not."""
    part = world.rng.choice(["worker", "triggerer", "scheduler"])
    gently = world.rng.random() < 0.5
    how = "stopped" if gently else "killed"
    world.weather.happened[f"{part} {how}"] += 1
    world.note(f"{part} {how}")
    if part == "worker":
        await one_in(world, "running")
    if part == "worker" and (workers := world.workers()):
        worker = world.rng.choice(workers)
        await worker.terminate() if gently else worker.supervisor.lose_machine()
    elif part == "triggerer":
        triggerer = world.triggerers[-1]
        if gently and triggerer.process.alive:
            await triggerer.stop()
        triggerer.process.kill()
    elif part == "scheduler":
        world.schedulers[-1].process.kill()


async def hang_a_scheduler(world: World) -> None:
    """Let one of two schedulers hang, and go on when the other one has taken its tasks over."""
    alive = [scheduler for scheduler in world.schedulers if scheduler.process.alive]
    if len(alive) < 2:
        world.start_scheduler()
    world.weather.happened["scheduler hung beside another"] += 1
    world.schedulers[0].process.freeze(world.loop.now + world.rng.choice([60.0, 400.0]))


async def cut_a_triggerer_off(world: World) -> None:
    """Cut a triggerer off from Airflow, but not from AWS: another runs the same triggers."""
    alive = [triggerer for triggerer in world.triggerers if triggerer.process.alive]
    if len(alive) < 2:
        world.start_triggerer()
    if alive:
        world.weather.happened["triggerer cut off"] += 1
        triggerer = world.rng.choice(alive)
        triggerer.process.cut_off_until = world.loop.now + world.rng.choice([40.0, 120.0, 500.0])


async def change_settings(world: World) -> None:
    """Deploy other settings while runs are active."""
    world.weather.happened["settings changed"] += 1
    world.environment.update(world.rng.choice(_CHANGES))
    load_settings.cache_clear()


async def fail_over(world: World) -> None:
    """Lose the last seconds of Airflow's database."""
    rows = world.airflow.copy_of_rows()
    await asyncio.sleep(world.rng.choice([0.5, 2.0, 10.0]))
    world.weather.happened["seconds of the database lost"] += 1
    world.note("the database loses what it learned since the last copy")
    world.lose_rows_since(rows)


ACTS: tuple[Callable[[World], Awaitable[None]], ...] = (
    *(restart_something, restart_something, restart_something),
    *(hang_a_scheduler, cut_a_triggerer_off, change_settings, fail_over),
)
