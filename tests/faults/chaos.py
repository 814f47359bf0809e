"""Who acts in a schedule: jobs that begin, uploads, people, and the operations team."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from emmaa_cycle.dates import format_round
from emmaa_cycle.s3_layout import model_key
from tests.faults.fake_airflow import Instance
from tests.faults.jobs import MODELS, WATCH, plan_anew
from tests.faults.world import World


class Chaos:
    """The actors of one schedule; what they do is drawn from its seed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng

    def begin(self) -> None:
        """Let them act, each in its own time."""
        rng, world = self.rng, self.world
        world.start_scheduler()
        for _ in range(rng.choice([1, 1, 2])):
            world.start_triggerer()
        if world.uses_lambda:
            world.functions.test_event()
        for number in range(rng.choice([1, 2, 3])):
            self._at(rng.uniform(1, 300), self._upload, number)
        for number in range(rng.choice([0, 1, 2])):
            self._at(rng.uniform(1, 300), self._daily, number)
        if world.weather.still:
            return
        world.start_as("keeper", self._keep_alive())
        for act, most in ((self._person, 3), (self._operations, 0 if world.weather.fair else 3)):
            for _ in range(rng.randint(0, most)):
                self._at(rng.uniform(5, 600), act)

    def _at(self, moment: float, act: Any, *args: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(moment)
            await act(*args)

        self.world.start_as("actor", later())

    async def _keep_alive(self) -> None:
        """Whatever has died is started again, as a container service does it."""
        world = self.world
        while True:
            await asyncio.sleep(self.rng.choice([5, 20, 120]))
            if not any(triggerer.process.alive for triggerer in world.triggerers):
                world.start_triggerer()
            if world.scheduler and not world.scheduler.process.alive:
                world.start_scheduler()

    async def _upload(self, number: int) -> None:
        model = self.rng.choice(MODELS)
        age = timedelta(days=self.rng.choice([0, 0, 3]))  # a round that was repeated on Monday
        if age:
            self.world.weather.happened["upload of an old round"] += 1
        key = model_key(model, format_round(self.world.right_time() - age))
        self.world.upload(key, f"upload {number}")
        if self.rng.random() < 0.2:  # the same object again: the same content, or another
            await asyncio.sleep(self.rng.uniform(0, 30))
            self.world.upload(key, self.rng.choice([f"upload {number}", f"changed {number}"]))

    async def _daily(self, number: int) -> None:
        model = self.rng.choice(MODELS)
        conf = {"model": model, "planned_at": format_round(self.world.right_time())}
        now = self.world.loop.now
        self.world.airflow.create_run(
            "emmaa_update_pipeline", f"scheduled__{number}", conf, now, "scheduler"
        )

    async def _person(self) -> None:
        """Clear or mark a task that is at work, or was, at the moment when it is so."""
        state = self.rng.choice(["running", "deferred", "deferred", "queued", "up_for_retry", ""])
        task = await self._one_in(state)
        await asyncio.sleep(self.rng.choice([0.0, 0.3, 2.0, 20.0]))
        if task and not self.world.weather.airflow_is_down(self.world.loop.now):
            self._interfere(task, self.rng.choice(["clear", "failed", "success"]))

    async def _one_in(self, state: str) -> Instance | None:
        """Wait for a task in a state, any task if it is empty; None if there is none in time."""
        while self.world.loop.now < self.world.weather.calm:
            tasks = [task for task in self.world.airflow.instances() if task.dag_id != WATCH]
            if found := [task for task in tasks if state in ("", task.state)]:
                return self.rng.choice(found)
            await asyncio.sleep(1)
        return None

    def _interfere(self, task: Instance, what: str) -> None:
        world, now = self.world, self.world.loop.now
        world.weather.happened[f"a person: {what} while {task.state}"] += 1
        world.note(f"{what}: {task.key}, which is {task.state}")
        if what == "clear":
            if task.dag_id == "emmaa_update_pipeline" and self.rng.random() < 0.5:
                conf = world.airflow.runs[task.dag_id, task.run_id].conf
                plan_anew(conf, world.right_time())
            world.airflow.clear(task, now)
            world.batch.give_up(task.key, task.clears)
        elif task.state not in ("success", "failed"):
            world.airflow.mark(task, what, now, heard=world.hears_of_kills(task))

    async def _operations(self) -> None:
        """Restart a part of Airflow, gently or not."""
        world = self.world
        part = self.rng.choice(["worker", "triggerer", "scheduler"])
        gently = self.rng.random() < 0.5
        world.weather.happened[f"{part} {'stopped' if gently else 'killed'}"] += 1
        world.note(f"{part} {'stopped' if gently else 'killed'}")
        if part == "worker":
            await self._one_in("running")
        if part == "worker" and (workers := world.workers()):
            worker = self.rng.choice(workers)
            await worker.terminate() if gently else worker.supervisor.lose_machine()
        elif part == "triggerer":
            triggerer = world.triggerers[-1]
            if gently and triggerer.process.alive:
                await triggerer.stop()
            triggerer.process.kill()
        elif part == "scheduler" and world.scheduler:
            world.scheduler.process.kill()
