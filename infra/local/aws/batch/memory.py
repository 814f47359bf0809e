"""Ending a job that needs more memory than its container has.

The memory of all the job's processes is looked at twice a second. A container's limit strikes at
once; here a job can be over it for a moment.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable

import psutil

#: What Batch says of such a job, whose exit code is 137.
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_SECONDS = 0.5
_MIB = 1024 * 1024


class MemoryWatch:
    """Watches a process group from its making until :meth:`end`.

    :param group: the group's id
    :param limit_mib: the memory of all its processes together, MiB
    :param on_excess: called once, when there is more
    """

    def __init__(self, group: int, limit_mib: int, on_excess: Callable[[], None]) -> None:
        self._group = group
        self._limit = limit_mib * _MIB
        self._on_excess = on_excess
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"memory {group}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_SECONDS):
            if group_memory(self._group) > self._limit:
                self._on_excess()
                return


def group_memory(group: int) -> int:
    """Return the memory that the processes of a group have for themselves, bytes."""
    total = 0
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(pid) == group:
                memory = psutil.Process(pid).memory_info()
                # What is shared, as libraries are, would else count once a process.
                total += memory.rss - getattr(memory, "shared", 0)
    return total
