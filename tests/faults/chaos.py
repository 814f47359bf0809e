"""All that acts in a schedule: runs that begin, uploads, people, and the operations team."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from emmaa_cycle.dates import format_round
from emmaa_cycle.s3_layout import model_key
from tests.faults.jobs import MODELS, PIPELINE
from tests.faults.operations import ACTS
from tests.faults.people import interfere
from tests.faults.virtual_time import EPOCH
from tests.faults.weather import HOUR
from tests.faults.world import World


class Chaos:
    """The actors of one schedule; what they do is drawn from its seed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng

    def begin(self) -> None:
        """Let them act, each in its own time."""
        rng, world = self.rng, self.world
        for _ in range(rng.choice([1, 1, 2])):
            world.start_scheduler()
        for _ in range(rng.choice([1, 1, 2])):
            world.start_triggerer()
        if world.uses_lambda:
            world.functions.test_event()
        for number in range(rng.choice([1, 2, 3])):
            self._at(rng.uniform(1, 300), self._upload, number)
        for number in range(rng.choice([0, 1, 2])):
            self._at(rng.uniform(1, 300), self._daily, number, rng.choice(MODELS))
        if rng.random() < 0.15:
            self._at(rng.uniform(1, 300), self._backfill)
        for number, model in enumerate(MODELS if world.weather.long_wait else ()):
            self._at(22 * HOUR + 300 * number, self._daily, f"next_day_{number}", model)
        if world.weather.still:
            return
        world.start_as("keeper", self._keep_alive())
        for _ in range(rng.randint(0, 3)):
            self._at(rng.uniform(5, 600), interfere, world)
        for _ in range(0 if world.weather.fair else rng.randint(0, 3)):
            self._at(rng.uniform(5, 600), rng.choice(ACTS), world)

    def _at(self, moment: float, act: Any, *args: Any) -> None:
        async def later() -> None:
            await asyncio.sleep(moment)
            await act(*args)

        self.world.start_as("actor", later())

    async def _keep_alive(self) -> None:
        """Restart every dead process, as a container service does."""
        world = self.world
        while True:
            await asyncio.sleep(self.rng.choice([5, 20, 120]))
            if not any(triggerer.process.alive for triggerer in world.triggerers):
                world.start_triggerer()
            if not any(scheduler.process.alive for scheduler in world.schedulers):
                world.start_scheduler()

    async def _upload(self, number: int) -> None:
        model = self.rng.choice(MODELS)
        # A round that was repeated on Monday, or a copy of one of last year.
        age = timedelta(days=self.rng.choice([0, 0, 0, 0, 0, 0, 3, 3, 3, 400]))
        if age:
            old = "a copy of history" if age.days > 30 else "upload of an old round"
            self.world.weather.happened[old] += 1
        key = model_key(model, format_round(self.world.right_time() - age))
        self.world.upload(key, f"upload {number}")
        for _ in range(self.rng.choice([0, 0, 0, 0, 1, 2])):  # again: the same content, or another
            await asyncio.sleep(self.rng.uniform(0, 30))
            content = self.rng.choice([f"upload {number}", f"changed {number}"])
            self.world.upload(key, content)

    async def _daily(self, number: int | str, model: str) -> None:
        conf = {"model": model, "planned_at": format_round(self.world.right_time())}
        self.world.interfaces.create(PIPELINE, f"scheduled__{number}", conf, "scheduler")
        if self.rng.random() < 0.1:  # somebody starts the same by hand, in the same second
            self.world.weather.happened["two runs of one second"] += 1
            await asyncio.sleep(self.rng.choice([0.0, 0.2]))
            self.world.interfaces.create(PIPELINE, f"manual__{number}", dict(conf), "a person")

    async def _backfill(self) -> None:
        """Backfill some days of one model at once, maybe after a day that can never begin."""
        model, days = self.rng.choice(MODELS), self.rng.choice([2, 3])
        self.world.weather.happened["a backfill"] += 1
        if self.rng.random() < 0.4:
            self.world.weather.happened["a cancelled backfill, cleared"] += 1
            self._day(model, 9)
            self.world.airflow.runs[PIPELINE, "backfill__9"].stuck = True
        ages = list(range(1, days + 1))
        self.rng.shuffle(ages)
        for age in ages:
            self._day(model, age)

    def _day(self, model: str, age: int) -> None:
        day = EPOCH - timedelta(days=age)
        conf = {"model": model, "planned_at": format_round(self.world.right_time())}
        self.world.interfaces.create(PIPELINE, f"backfill__{age}", conf, "a person", day)
