"""Schedulers with their executors; several share one database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.faults.airflow_rows import Instance
from tests.faults.simulated_workers import Worker
from tests.faults.virtual_time import Process

if TYPE_CHECKING:
    from tests.faults.world import World

HEARTBEAT_TIMEOUT = 300.0
#: For so long a scheduler is silent before another one takes its tasks over.
SCHEDULER_TIMEOUT = 30.0
#: How often a scheduler looks for such tasks.
ADOPTION_SECONDS = 300.0
QUEUED_TIMEOUT = 600.0


class Scheduler:
    """One life of a scheduler with its executor."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = Process("scheduler")
        self.beat = world.loop.now
        self._exits: list[tuple[float, Instance, int]] = []
        self._workers: list[tuple[Worker, Instance, int]] = []

    async def run(self) -> None:
        """Schedule, and take over what a silent scheduler had begun."""
        first = len(self.world.schedulers) == 1
        next_adoption = self.world.loop.now + (0 if first else SCHEDULER_TIMEOUT)
        while True:
            await asyncio.sleep(self.world.tick())
            now = self.world.loop.now
            if self.world.weather.airflow_is_down(now):
                continue
            self.beat = now
            if now >= next_adoption:
                next_adoption = now + ADOPTION_SECONDS
                self._adopt(now)
            self._note_exits(now)
            self._end_silent(now)
            self.world.interfaces.keep_watching()
            for task in self.world.airflow.unfinished():
                self._advance(task, now)

    def _adopt(self, now: float) -> None:
        """Take over what a silent scheduler had begun, or forget it, as the executor can."""
        for task in self.world.airflow.unfinished():
            owner = task.queued_by
            if task.state not in ("queued", "running", "restarting") or owner in (None, self):
                continue
            if now - owner.beat <= SCHEDULER_TIMEOUT:
                continue
            self.world.note(f"takes over {task.key}, which is {task.state}")
            if self.world.executor_adopts:
                task.queued_by = self
                self._workers.append((task.worker, task, task.try_number))
            else:
                self._lose_clear(task)
                self.world.airflow.forget_worker(task)

    def _advance(self, task: Instance, now: float) -> None:
        if task.state == "up_for_retry" and now >= task.retry_at:
            task.state = None
        if task.state == "up_for_reschedule" and now >= task.retry_at:
            task.state = "scheduled"
        if task.state is None and (plan := self.world.airflow.plan_of(task)):
            if plan.state in ("failed", "upstream_failed"):
                task.state = "upstream_failed"
            if plan.state != "success":
                return
        if task.state is None:
            task.state, task.try_number = "scheduled", task.try_number + 1
        elif task.state == "scheduled":
            task.state, task.queued_at, task.queued_by = "queued", now, self
            self.world.note(f"queues try {task.try_number} of {task.key}")
            task.worker = worker = Worker(self.world, task)
            self._workers.append((worker, task, task.try_number))
            self.world.loop.start(worker.supervisor, worker.supervise())

    def _note_exits(self, now: float) -> None:
        """Process the executor's reports, which come late, and never from a lost machine."""
        for entry in list(self._workers):
            worker, task, try_number = entry
            if worker.ended_at is not None:
                late = self.world.rng.uniform(0, self.world.weather.late_exit)
                self._exits.append((worker.ended_at + late, task, try_number))
            if worker.ended_at is not None or not worker.supervisor.alive:
                self._workers.remove(entry)
        for exit_event in list(self._exits):
            seen_at, task, try_number = exit_event
            if seen_at <= now:
                self._exits.remove(exit_event)
                if task.queued_by is self:  # else another scheduler has queued it again
                    self.world.airflow.executor_event(task, try_number, now)

    def _end_silent(self, now: float) -> None:
        for task in self.world.airflow.unfinished():
            silent = now - task.heartbeat > HEARTBEAT_TIMEOUT
            if task.state in ("running", "restarting") and silent:
                self._lose_clear(task)
                task.errors.append("no heartbeat")
                self.world.airflow.fail_try(task, now)
            elif task.state == "queued" and now - task.queued_at > QUEUED_TIMEOUT:
                task.state = "scheduled"

    def _lose_clear(self, task: Instance) -> None:
        """Lose a clear together with its worker: the next try belongs to the same series."""
        if task.state == "restarting":
            self.world.batch.want_again(task.key, task.clears)
