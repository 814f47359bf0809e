"""Workers: the supervisor and the process of one try around the real operator."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    TaskDeferred,
)
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from tests.faults.airflow_rows import Attempt, Instance
from tests.faults.fake_airflow import StaleAttemptError
from tests.faults.virtual_time import EPOCH, Process, in_greenlet, wait

if TYPE_CHECKING:
    from tests.faults.world import World

HEARTBEAT_SECONDS = 5.0
KILL_GRACE = 5.0


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
        """Return the context that a process of this try gets at its start."""
        own = (task.dag_id, task.run_id, task.task_id, task.map_index)
        return cls(world, task.id, *own, task.try_number, task.max_tries)

    def xcom_push(self, key: str, value: Any) -> None:
        """Store a value for other tasks."""
        wait(self.world.cross(lambda: self.world.interfaces.push(self, key, value)))

    def xcom_pull(self, *, run_id: str, **_: Any) -> Any:
        """Read the list of models of another run."""
        return wait(self.world.api_call(lambda: self.world.interfaces.models(self.dag_id, run_id)))

    def get_task_states(self, **question: Any) -> Any:
        """Ask for states of tasks, as Airflow's own class does."""
        return RuntimeTaskInstance.get_task_states(**question)

    def get_first_reschedule_date(self, _: Any) -> datetime | None:
        """Return since when this try waits; None if it does not yet."""
        tries, since = wait(self.world.api_call(lambda: self.world.interfaces.waits(self)))
        return EPOCH + timedelta(seconds=since) if tries == self.try_number else None


class Worker:
    """One try of a task: a supervisor with its heartbeat, and the task's own process.

    Its process looks once at its task's state: when the job is submitted, before it defers.
    """

    def __init__(self, world: World, task: Instance) -> None:
        self.world = world
        self.instance = task
        self.view = TaskView.of(world, task)
        attempt = Attempt(task.key, world.airflow.history, task.try_number)
        clock = world.weather.clock(world.loop.now)
        self.supervisor = Process("supervisor", attempt, clock)
        self.process = Process("task", attempt, clock)
        self.supervisor.machine = [self.process]
        self.process.machine = [self.supervisor]
        self.process.stop = lambda: world.loop.start(self.supervisor, self.terminate())
        self.operator = world.interfaces.make_operator(task)
        run = world.airflow.runs[task.dag_id, task.run_id]
        self.dag_run = SimpleNamespace(
            conf={}, run_type=run.run_type, logical_date=run.logical_date
        )
        self.ended_at: float | None = None
        self.has_looked = False
        self._until = 0.0
        self._resume: tuple[str, Any] | None = None

    async def supervise(self) -> None:
        """Start the task, tell that it lives, and end it if it is not wanted any more."""
        await asyncio.sleep(self.world.rng.uniform(0.5, 3))
        try:
            await self._api(self._begin)
        except (StaleAttemptError, AirflowDownError):
            self.ended_at = self.world.loop.now
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

    def _begin(self, now: float) -> None:
        """Learn with the leave to begin how to go on, whatever happens to the task meanwhile."""
        self.world.airflow.begin(self.instance, self.view.id, now)
        self._resume = self.instance.resume

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
        self.ended_at = self.world.loop.now

    async def _run(self) -> bool:
        """Run the task's process, and return whether it ended by itself."""
        state, deferral, error = await self._execute()
        self.world.note(f"ends as {state} {error}")
        if error:
            self.instance.errors.append(error)
        airflow, task, ti_id = self.world.airflow, self.instance, self.view.id
        try:
            if state == "up_for_reschedule":
                until = self._until
                await self._api(lambda now: airflow.reschedule(task, ti_id, until, now))
            elif deferral is not None:
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
        context = {
            **{"ti": self.view, "task_instance": self.view},
            "dag": SimpleNamespace(dag_id=self.view.dag_id, params={}),
            "dag_run": self.dag_run,
        }
        method, *args = self._resume or ("execute",)
        if method == "__fail__":
            return "failed_try", None, f"the trigger failed: {args[0]}"
        try:
            await in_greenlet(getattr(self.operator, method), context, *args)
        except TaskDeferred as deferral:
            return "deferred", deferral, ""
        except AirflowSkipException:
            return "skipped", None, ""
        except AirflowRescheduleException as wish:
            self._until = (wish.reschedule_date - EPOCH).total_seconds()
            return "up_for_reschedule", None, ""
        except AirflowFailException as error:
            return "failed", None, str(error)
        except Exception as error:  # noqa: BLE001 - as Airflow does it
            self.world.note_error(error)
            return "failed_try", None, f"{type(error).__name__}: {error}"
        return "success", None, ""

    async def _api(self, call: Callable[[float], None]) -> None:
        await self.world.api_call(lambda: call(self.world.loop.now))
