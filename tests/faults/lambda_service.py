"""AWS Lambda behind S3's notifications: at least once, in any order, and given up in the end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.faults.virtual_time import Process, in_greenlet

if TYPE_CHECKING:
    from tests.faults.world import World

TIMEOUT_SECONDS = 60.0
TRIES = 3
WAITS = (60.0, 120.0)
NOISE: tuple[Any, ...] = (
    {"eventSource": "aws:sqs", "body": "{}"},
    {"s3": {"bucket": {"name": "emmaa"}, "object": {"key": None, "eTag": "x"}}},
    {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "emmaa"},
            "object": {"key": "models/rasmodel/config.json", "eTag": "x"},
        },
    },
    {
        "eventSource": "aws:s3",
        "eventName": "ObjectRemoved:Delete",
        "s3": {
            "bucket": {"name": "emmaa"},
            "object": {"key": "models/a+b/model_2026-01-01-00-00-00.json.gz"},
        },
    },
)


class LambdaService:
    """Delivers events to the real handler.

    :ivar pending: deliveries that are not done
    :ivar unexplained: errors of the handler for which nothing had gone wrong
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.pending = 0
        self.invocations = 0
        self.unexplained: list[str] = []

    def notify(self, records: list[dict[str, Any]]) -> None:
        """S3 sends events about uploads; they are repeated up to ten times, or lost."""
        rng = self.world.rng
        if rng.random() < self.world.weather.lost_events:
            self.world.weather.happened["event lost"] += 1
            return
        mixed: list[Any] = list(records)
        if rng.random() < 0.2:
            mixed.insert(rng.randint(0, len(mixed)), rng.choice(NOISE))
        for _ in range(rng.choice([1, 1, 1, 2, 10])):
            self._deliver({"Records": mixed}, rng.choice([0.5, 5, 60, 900]))

    def test_event(self) -> None:
        """Return the event that S3 sends when the notification is set up."""
        self._deliver({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "emmaa"}, 0.1)

    def _deliver(self, event: Any, delay: float) -> None:
        self.pending += 1
        service = Process("lambda service")
        self.world.loop.start(service, self._try(event, self.world.rng.uniform(0, delay)))

    async def _try(self, event: Any, delay: float) -> None:
        await asyncio.sleep(delay)
        for number in range(TRIES):
            if await self._invoke(event):
                break
            if number + 1 < TRIES:
                await asyncio.sleep(WAITS[number])
        self.pending -= 1

    async def _invoke(self, event: Any) -> bool:
        """Invoke the function, and return whether it ended in time and without an error."""
        from lambdas.upload_to_dag_run.handler import handler
        from lambdas.upload_to_dag_run.records import MalformedEventError

        self.invocations += 1
        process = Process("lambda")
        before = self.world.weather.happened.total()
        context = SimpleNamespace(aws_request_id=f"request-{self.invocations}")
        work = self.world.loop.start(process, in_greenlet(handler, event, context))
        limit = self.world.loop.now + TIMEOUT_SECONDS
        while not work.done() and process.alive and self.world.loop.now < limit:
            await asyncio.sleep(1)
        if not work.done() or not process.alive:
            process.kill()
            return False
        error = work.exception()
        if error is None:
            return True
        if not isinstance(error, MalformedEventError) and (
            self.world.weather.happened.total() == before
        ):
            self.unexplained.append(f"{type(error).__name__}: {error}")
        return False
