"""The time and the resources of the job that runs here, for the cost of its model."""

from __future__ import annotations

import os
import time
from pathlib import Path

from emmaa_cycle.overview.part import JobRun
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE

_STARTED = time.monotonic()
#: Where Linux keeps a process' start, in clock ticks since the machine's: field 22 of proc(5).
_STAT = Path("/proc/self/stat")
_FIELD = 22


def this_job(date_str: str) -> JobRun:
    """Return the job of this process, up to now.

    :param date_str: the round that it works on, ``<dt>``
    """
    definition = os.environ.get(DEFINITION_VARIABLE, "")
    return JobRun(date=date_str, seconds=round(process_seconds(), 1), definition=definition)


def process_seconds() -> float:
    """Return the age of this process; where the system does not say, that of this module."""
    try:
        # The second field is the program's name in parentheses, which may hold spaces.
        fields = _STAT.read_text().rpartition(")")[2].split()
        started = int(fields[_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError):  # not Linux
        return time.monotonic() - _STARTED
