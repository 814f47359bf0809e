"""A unit of work that fails alone (docs/architecture.md).

A test, a query or a path that cannot be handled must neither fail nor delay the others, whatever
error it raises.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import ResourcesError, SourceUnavailableError
from emmaa_jobs.outages import translated

T = TypeVar("T")

#: An interrupted library may swallow the error: it is raised again and again, at this distance.
_AGAIN_SECONDS = 1.0

logger = logging.getLogger(__name__)


class TimeLimitError(RuntimeError):
    """A unit of work took longer than it may."""


@dataclass(frozen=True)
class Failed:
    """The outcome of a unit of work that could not be done.

    :param reason: one sentence for people
    :param error: what was raised
    """

    reason: str
    error: Exception

    @classmethod
    def of(cls, error: Exception) -> Failed:
        """Name the error's type, unless the message was written for people."""
        if isinstance(error, InputError | TimeLimitError):
            return cls(str(error), error)
        return cls(f"{type(error).__name__}: {error}", error)


def attempt(work: Callable[[], T], seconds: float | None = None) -> T | Failed:
    """Do a unit of work, and return its result or why it failed.

    :param seconds: how long it may take, in the main thread; elsewhere nothing can stop it
    :raises MemoryError: because the rest has no chance either.
    :raises SourceUnavailableError: because another attempt of the whole job may succeed.
    :raises ResourcesError: because all other units need the same resources.
    :raises TimeLimitError: if it is part of a larger unit whose time is up.
    """
    try:
        with time_limit(seconds):
            return work()
    except MemoryError:
        raise
    except Exception as fault:
        if seconds is None and isinstance(fault, TimeLimitError):
            raise  # the limit is that of a larger unit
        error = translated(fault)
        if isinstance(error, SourceUnavailableError | ResourcesError):
            raise error from fault
        if not isinstance(error, InputError):
            logger.info("a unit of work failed", exc_info=fault)
        return Failed.of(error)


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise :class:`TimeLimitError` in the block when its time is up.

    Only Python code is interrupted, and only in the main thread.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(*_: Any) -> None:
        raise TimeLimitError(f"it took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
