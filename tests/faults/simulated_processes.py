"""Scheduler, workers and triggerers: the processes around the real operators and triggers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskDeferred
from airflow.triggers.base import BaseTrigger

from tests.faults.fake_airflow import Instance, StaleAttemptError
from tests.faults.virtual_time import Process, in_greenlet, wait

if TYPE_CHECKING:
    from tests.faults.world import World

HEARTBEAT_SECONDS = 5.0
HEARTBEAT_TIMEOUT = 300.0
TRIGGERER_TIMEOUT = 30.0
SCHEDULER_TIMEOUT = 30.0
QUEUED_TIMEOUT = 600.0
KILL_GRACE = 5.0
_USER_ACTION = "user-action"


class AirflowDownError(Exception):
    """The API server was away for longer than its clients wait."""


@dataclass
class TaskView:
    """The task instance in a task's context and in its trigger."""

    world: World
    id: int
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    max_tries: int

    @classmethod
    def of(cls, world: World, task: Instance) -> TaskView:
        """What a process of this try gets to know when it begins."""
        own = (task.dag_id, task.run_id, task.task_id, task.map_index)
        return cls(world, task.id, *own, task.try_number, task.max_tries)

    def xcom_push(self, key: str, value: Any) -> None:
        """Store a value for other tasks."""
        task = self.world.task(self)
        wait(self.world.cross(lambda: task.xcoms.update({key: value})))


class Worker:
    """One try of a task: a supervisor with its heartbeat, and the task's own process.

    Its process looks once at its task's state: when the job is submitted, before it defers.
    """

    def __init__(self, world: World, task: Instance) -> None:
        self.world = world
        self.instance = task
        self.view = TaskView.of(world, task)
        attempt = (task.key, task.try_number)
        clock = world.weather.clock(world.loop.now)
        self.supervisor = Process("supervisor", attempt, clock)
        self.process = Process("task", attempt, clock)
        self.supervisor.machine = [self.process]
        self.process.machine = [self.supervisor]
        self.process.stop = lambda: world.loop.start(self.supervisor, self.terminate())
        self.operator = world.make_operator(task)
        self.ended = False
        self.has_looked = False

    async def supervise(self) -> None:
        """Start the task, tell that it lives, and end it if it is not wanted any more."""
        await asyncio.sleep(self.world.rng.uniform(0.5, 3))
        try:
            await self._api(lambda now: self.world.airflow.begin(self.instance, self.view.id, now))
        except (StaleAttemptError, AirflowDownError):
            self.ended = True
            return
        work = self.world.loop.start(self.process, self._run())
        next_beat = self.world.loop.now + HEARTBEAT_SECONDS
        while not work.done() and self.process.alive:
            await asyncio.sleep(1)
            if self.world.loop.now < next_beat:
                continue
            next_beat = self.world.loop.now + HEARTBEAT_SECONDS
            try:
                await self._api(
                    lambda now: self.world.airflow.check(self.instance, self.view.id, now)
                )
            except StaleAttemptError:
                await self.terminate()
            except AirflowDownError:
                await self.terminate()
        await self._report(work)

    async def terminate(self) -> None:
        """SIGTERM, which calls ``on_kill``, then SIGKILL."""
        if self.process.alive:
            self.world.note("SIGTERM")
            self.world.loop.start(self.process, in_greenlet(self._on_term))
            await asyncio.sleep(KILL_GRACE)
            self.process.kill()

    def _on_term(self) -> None:
        try:
            self.operator.on_kill()
        except Exception as error:  # noqa: BLE001 - as Airflow does it
            self.world.note_error(error)

    async def _report(self, work: asyncio.Task[bool]) -> None:
        if not (work.done() and work.result()):
            with contextlib.suppress(StaleAttemptError, AirflowDownError):
                await self._api(
                    lambda now: self.world.airflow.finish(
                        self.instance, self.view.id, "failed_try", now
                    )
                )
        self.ended = True

    async def _run(self) -> bool:
        """The task's process; whether it ended by itself."""
        state, deferral, error = await self._execute()
        self.world.note(f"ends as {state} {error}")
        if error:
            self.instance.errors.append(error)
        airflow, task, ti_id = self.world.airflow, self.instance, self.view.id
        try:
            if deferral is not None:
                wanted = deferral
                await self._api(
                    lambda _: airflow.defer(task, ti_id, wanted.trigger, wanted.method_name)
                )
            else:
                await self._api(lambda now: airflow.finish(task, ti_id, state, now))
        except (StaleAttemptError, AirflowDownError):
            return False
        return True

    async def _execute(self) -> tuple[str, TaskDeferred | None, str]:
        context = {"ti": self.view, "task_instance": self.view}
        method, *args = self.instance.resume or ("execute",)
        if method == "__fail__":
            return "failed_try", None, f"the trigger failed: {args[0]}"
        try:
            await in_greenlet(getattr(self.operator, method), context, *args)
        except TaskDeferred as deferral:
            return "deferred", deferral, ""
        except AirflowSkipException:
            return "skipped", None, ""
        except AirflowFailException as error:
            return "failed", None, str(error)
        except Exception as error:  # noqa: BLE001 - as Airflow does it
            self.world.note_error(error)
            return "failed_try", None, f"{type(error).__name__}: {error}"
        return "success", None, ""

    async def _api(self, call: Callable[[float], None]) -> None:
        await self.world.api_call(lambda: call(self.world.loop.now))


class Scheduler:
    """One life of the scheduler with its executor."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = Process("scheduler")
        self._exits: list[tuple[float, Instance, int]] = []
        self._workers: list[tuple[Worker, Instance, int]] = []

    async def run(self) -> None:
        """The loop."""
        await asyncio.sleep(SCHEDULER_TIMEOUT if self.world.schedulers > 1 else 0)
        self._adopt()
        while True:
            await asyncio.sleep(self.world.tick())
            now = self.world.loop.now
            if self.world.weather.airflow_is_down(now):
                continue
            self._note_exits(now)
            self._end_silent(now)
            self.world.keep_watching()
            for task in self.world.airflow.unfinished():
                self._advance(task, now)

    def _adopt(self) -> None:
        """Take over what an earlier life had begun, or forget it, as the executor can."""
        for task in self.world.airflow.unfinished():
            if task.state not in ("queued", "running", "restarting"):
                continue
            if self.world.executor_adopts:
                self._workers.append((task.worker, task, task.try_number))
            else:
                self._lose_clear(task)
                self.world.airflow.forget_worker(task)

    def _advance(self, task: Instance, now: float) -> None:
        if task.state == "up_for_retry" and now >= task.retry_at:
            task.state = None
        if task.state is None:
            task.state, task.try_number = "scheduled", task.try_number + 1
        elif task.state == "scheduled":
            task.state, task.queued_at = "queued", now
            self.world.note(f"queues try {task.try_number} of {task.key}")
            task.worker = worker = Worker(self.world, task)
            self._workers.append((worker, task, task.try_number))
            self.world.loop.start(worker.supervisor, worker.supervise())

    def _note_exits(self, now: float) -> None:
        """What the executor tells, late; of a machine that was lost it tells nothing."""
        for entry in list(self._workers):
            worker, task, try_number = entry
            if worker.ended:
                late = self.world.rng.uniform(0, self.world.weather.late_exit)
                self._exits.append((now + late, task, try_number))
            if worker.ended or not worker.supervisor.alive:
                self._workers.remove(entry)
        for exit_event in list(self._exits):
            seen_at, task, try_number = exit_event
            if seen_at <= now:
                self._exits.remove(exit_event)
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
        """A clear whose worker is lost is lost too: the next try is of the same series."""
        if task.state == "restarting":
            self.world.batch.want_again(task.key, task.clears)


class Triggerer:
    """One life of a triggerer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = Process("triggerer", clock=world.weather.clock(world.loop.now))
        self.beat = 0.0
        self._running: dict[int, tuple[Instance, Any, asyncio.Task[None]]] = {}
        self._events: list[tuple[int, Instance, Any]] = []

    async def run(self) -> None:
        """The loop."""
        while True:
            await asyncio.sleep(self.world.tick())
            if self.world.weather.airflow_is_down(self.world.loop.now):
                continue
            self.beat = self.world.loop.now
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
        """Whether it runs a trigger."""
        return trigger_id in self._running

    async def stop(self) -> None:
        """SIGTERM: all triggers are cancelled, and told nothing."""
        tasks = [task for _, _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.process.kill()

    def _assigned(self) -> dict[int, Instance]:
        """The triggers that are this triggerer's; those of a silent one become so."""
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
