"""Read processes by psutil, where there is no ``/proc``: macOS and the BSDs.

Answers as :mod:`infra.local.stack.procfs` does, in its types.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterator

import psutil

from infra.local.stack.procfs import Sighting

_ENDED = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


@functools.cache
def boot_id() -> str:
    """Return the id of the machine's boot."""
    done = subprocess.run(
        ["sysctl", "-n", "kern.bootsessionuuid"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    # Where there is no such id, the boot's time: setting the clock changes it.
    return done.stdout.strip() or str(int(psutil.boot_time()))


def look_at(pid: int) -> Sighting | None:
    """Return a process, None if there is none of this pid."""
    try:
        process = psutil.Process(pid)
        state = "Z" if process.status() in _ENDED else "R"
        started = int(process.create_time() * 1000)
        return Sighting(pid, process.ppid(), _session(pid), started, state, threads=1)
    except psutil.NoSuchProcess:
        return None


def all_processes() -> Iterator[Sighting]:
    """Every running process that this one may see, but itself."""
    for pid in psutil.pids():
        if pid != os.getpid():
            process = look_at(pid)
            if process is not None and process.running:
                yield process


def variable_of(pid: int, name: str) -> str | None:
    """Return a variable that a process was started with; None without it, or if it has ended.

    :raises PermissionError: if the process is another user's.
    """
    try:
        return psutil.Process(pid).environ().get(name)
    except psutil.NoSuchProcess:  # a zombie, too
        return None
    except psutil.AccessDenied as error:
        raise PermissionError(f"the variables of process {pid} cannot be read") from error


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0
