"""The time and the resources of the job that runs here, for the cost of its model."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from emmaa_cycle.overview.part import JobRun
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE

_STARTED = time.monotonic()
#: Where Linux keeps a process' start, in clock ticks since the machine's: field 22 of proc(5).
_STAT = Path("/proc/self/stat")
_FIELD = 22
#: The beginning of a job that shares its process with others, and its definition.
_SHARING: ContextVar[tuple[float, str] | None] = ContextVar("sharing", default=None)


@contextmanager
def job_in_shared_process(definition: str) -> Iterator[None]:
    """Count the seconds of a job from here on: the demo's history is made in one process.

    :param definition: the job definition that Batch would have run it with
    """
    token = _SHARING.set((time.monotonic(), definition))
    try:
        yield
    finally:
        _SHARING.reset(token)


def this_job(date_str: str) -> JobRun:
    """Return the job of this process, up to now.

    :param date_str: the round that it works on, ``<dt>``
    """
    if sharing := _SHARING.get():
        begun, definition = sharing
        seconds = time.monotonic() - begun
    else:
        seconds, definition = process_seconds(), os.environ.get(DEFINITION_VARIABLE, "")
    return JobRun(date=date_str, seconds=round(seconds, 1), definition=definition)


def process_seconds() -> float:
    """Return the age of this process; where the system does not say, that of this module."""
    try:
        # The second field is the program's name in parentheses, which may hold spaces.
        fields = _STAT.read_text().rpartition(")")[2].split()
        started = int(fields[_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError):  # not Linux
        return time.monotonic() - _STARTED
