"""Time that passes only when nothing is left to do, and processes that can die at any step.

Everything of a simulated schedule is a task of one event loop whose clock jumps to the next timer.
Code that blocks runs in a greenlet, so that a "process" of ordinary code waits in the same loop.
Nothing depends on how fast the machine is, and a seed gives the same schedule each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import selectors
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.util.concurrency import await_only, greenlet_spawn

T = TypeVar("T")

#: Few schedules take more than 10,000 steps of their loop, and those that wait for days 300,000.
#: One that goes on and on is ended.
MOST_STEPS = 600_000


#: When each schedule begins, by the wall clock.
EPOCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


class EndlessError(RuntimeError):
    """The schedule goes on and on."""


class KilledError(BaseException):
    """The process of this code is dead; it must reach nothing any more."""


@dataclass(frozen=True)
class Clock:
    """A wall clock that is wrong, and that somebody may set meanwhile.

    :param wrong_by: seconds by which it is wrong
    :param set_at: the moment from which on it is wrong by other seconds
    """

    wrong_by: float = 0.0
    set_at: float = float("inf")
    then_wrong_by: float = 0.0

    def error(self, moment: float) -> float:
        """Return the error of the clock at a given time, in seconds."""
        return self.wrong_by if moment < self.set_at else self.then_wrong_by


@dataclass(eq=False)
class Process:
    """Something that lives, and dies, as a whole.

    :param kind: ``task``, ``supervisor``, ``triggerer``, ``lambda``, …
    :param attempt: whose work it does, for the books
    :param clock: its wall clock
    :param machine: the processes that are suspended and end with it
    :param stop: has it shut down gently, where it can
    :param cut_off_until: until when it does not reach Airflow's API server and database
    """

    kind: str
    attempt: Any = None
    clock: Clock = field(default_factory=lambda: Clock())
    alive: bool = True
    frozen_until: float = 0.0
    cut_off_until: float = 0.0
    machine: list[Process] = field(default_factory=list)
    stop: Callable[[], object] | None = None
    _work: set[Coroutine[Any, Any, Any]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name in reports."""
        if not self.attempt:
            return self.kind
        (_, run_id, task_id, index), _, try_number = self.attempt
        return f"{self.kind} of {run_id[-40:]} {task_id}[{index}] try {try_number}"

    def kill(self) -> None:
        """End it as SIGKILL does: no code of it runs from the next step on."""
        self.alive = False

    def lose_machine(self) -> None:
        """End it with all that runs beside it."""
        for process in [self, *self.machine]:
            process.kill()

    def freeze(self, until: float) -> None:
        """Stop its machine, as a suspended virtual machine does, and go on later."""
        for process in [self, *self.machine]:
            process.frozen_until = until

    def bury(self) -> None:
        """Release what it still held; its ``finally`` clauses reach nothing."""
        self.alive = False
        for work in list(self._work):
            with contextlib.suppress(KilledError, GeneratorExit):
                work.close()
        self._work.clear()


PROCESS: contextvars.ContextVar[Process] = contextvars.ContextVar("process")


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which starts at 0."""

    def __init__(self) -> None:
        self.now = 0.0
        self.processes: list[Process] = []
        self.errors: list[dict[str, Any]] = []
        super().__init__(_Jump(self))
        self.set_task_factory(_owned_task)
        self.set_exception_handler(lambda _, context: self.errors.append(context))

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.now

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """Do nothing: generators of dead processes must not clean up; no other is unfinished."""

    def start(self, process: Process, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let a process do something."""
        if process not in self.processes:
            self.processes.append(process)
        context = contextvars.copy_context()
        context.run(PROCESS.set, process)
        return context.run(self.create_task, work)

    def end(self) -> None:
        """Bury all processes and close the loop."""
        for process in self.processes:
            process.kill()
        for task in asyncio.all_tasks(self):
            task.cancel()
        self.call_soon(self.stop)
        self.run_forever()
        for process in self.processes:
            process.bury()
        self.close()


class _Jump(selectors.SelectSelector):
    """Waits for no file: the time that asyncio would wait passes at once."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._steps = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._steps = 0  # what clears up afterwards has its own
            raise EndlessError(
                f"more than {MOST_STEPS} steps, at {self._loop.now:.0f} s:"
                " something goes on for ever"
            )
        if timeout is None:
            raise RuntimeError("everything waits, and nothing will happen any more")
        self._loop.now += max(timeout, 0)
        return []


def _owned_task(
    loop: Any, work: Any, context: contextvars.Context | None = None
) -> asyncio.Task[Any]:
    """Return a task of the process that started it, even where its context is empty."""
    process = PROCESS.get(None)
    if process is None:
        return asyncio.Task(work, loop=loop, context=context)
    if context is not None and PROCESS not in context:
        context.run(PROCESS.set, process)
    process._work.add(work)
    return asyncio.Task(_mortal(work, process, loop), loop=loop, context=context)


@types.coroutine
def _mortal(
    work: Coroutine[Any, Any, T], process: Process, loop: VirtualLoop
) -> Generator[Any, None, T]:
    """Step through the work while its process lives, and not while it is frozen."""
    error: BaseException | None = None
    while True:
        while process.alive and process.frozen_until > loop.now:
            thaw = loop.create_future()
            loop.call_at(process.frozen_until, _thaw, thaw)
            yield from thaw
        if not process.alive:
            return None  # type: ignore[return-value]
        try:
            waited_for = work.send(None) if error is None else work.throw(error)
        except StopIteration as stop:
            process._work.discard(work)
            result: T = stop.value
            return result
        except BaseException:
            process._work.discard(work)
            raise
        error = None
        try:
            yield waited_for
        except BaseException as thrown:  # noqa: BLE001 - handed to the work
            error = thrown


def _thaw(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Wait for something from ordinary code, which runs by :func:`in_greenlet`."""
    result: T = await_only(work)
    return result


async def in_greenlet(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run ordinary code, which may :func:`wait`."""
    return await greenlet_spawn(function, *args, **kwargs)
