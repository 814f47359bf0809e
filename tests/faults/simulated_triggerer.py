"""Triggerers: they run the real triggers, and hand them to each other when one is silent."""

from __future__ import annotations

import asyncio
import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger

from tests.faults.airflow_rows import Instance
from tests.faults.simulated_workers import TaskView
from tests.faults.virtual_time import Process

if TYPE_CHECKING:
    from tests.faults.world import World

TRIGGERER_TIMEOUT = 30.0
_USER_ACTION = "user-action"


class Triggerer:
    """One life of a triggerer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = Process("triggerer", clock=world.weather.clock(world.loop.now))
        self.beat = 0.0
        self._running: dict[int, tuple[Instance, Any, asyncio.Task[None]]] = {}
        self._events: list[tuple[int, Instance, Any]] = []

    async def run(self) -> None:
        """Run the triggerer's loop."""
        while True:
            await asyncio.sleep(self.world.tick())
            now = self.world.loop.now
            if self.process.cut_off_until > now or self.world.weather.airflow_is_down(now):
                continue
            self.beat = now
            for trigger_id, task, event in self._events:
                self.world.airflow.trigger_event(task, trigger_id, event)
            self._events.clear()
            self._forget_finished()
            own = self._assigned()
            for trigger_id in [i for i in self._running if i not in own]:
                self._running[trigger_id][2].cancel(_USER_ACTION)
            for trigger_id, task in own.items():
                if trigger_id not in self._running:
                    self._start(trigger_id, task)

    def follows(self, trigger_id: int) -> bool:
        """Return whether the triggerer runs a trigger."""
        return trigger_id in self._running

    async def stop(self) -> None:
        """Cancel all triggers without a reason, as at SIGTERM."""
        tasks = [task for _, _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.process.kill()

    def _assigned(self) -> dict[int, Instance]:
        """Return the triggers of this triggerer, after taking over those of a silent one."""
        now, mine = self.world.loop.now, {}
        for task in self.world.airflow.unfinished():
            deferral = task.deferral
            if task.state != "deferred" or deferral is None:
                continue
            holder = deferral.triggerer
            if holder is None or (holder is not self and now - holder.beat > TRIGGERER_TIMEOUT):
                deferral.triggerer = self
            if deferral.triggerer is self:
                mine[deferral.trigger_id] = task
        return mine

    def _start(self, trigger_id: int, task: Instance) -> None:
        assert task.deferral
        module, _, name = task.deferral.classpath.rpartition(".")
        trigger: BaseTrigger = getattr(import_module(module), name)(**task.deferral.kwargs)
        view: Any = TaskView.of(self.world, task)
        trigger.task_instance = view
        work = self.world.loop.create_task(self._follow(trigger_id, task, trigger))
        self._running[trigger_id] = (task, trigger, work)

    async def _follow(self, trigger_id: int, task: Instance, trigger: Any) -> None:
        try:
            async for event in trigger.run():
                self.world.note(f"event of trigger {trigger_id} of {task.key}: {event}")
                self._events.append((trigger_id, task, event))
        except asyncio.CancelledError as error:
            self.world.note(f"trigger {trigger_id} of {task.key} is cancelled {error.args}")
            if error.args and error.args[0] == _USER_ACTION and self.world.has_on_kill:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(trigger.on_kill(), 30)
            raise

    def _forget_finished(self) -> None:
        for trigger_id, (task, _, work) in list(self._running.items()):
            if not work.done():
                continue
            del self._running[trigger_id]
            error = None if work.cancelled() else work.exception()
            if error is not None:
                self.world.note_error(error)
            if error is not None and task.deferral and task.deferral.trigger_id == trigger_id:
                task.state, task.deferral = "scheduled", None
                task.resume = ("__fail__", error)
