"""Read processes from ``/proc`` (proc(5)) and give each a stable identity.

Needs nothing but the standard library, so that a stack can be ended without an environment.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_DEAD = frozenset("ZXx")
#: Longest wait for a process that is loading a program, which takes milliseconds.
_LOAD_SECONDS = 1.0


@dataclass(frozen=True)
class Sighting:
    """A process at one look; looks at the same process are equal, whatever it did between them.

    :param parent: its parent's pid
    :param session: the pid of the process that leads its session, or led it
    :param started: clock ticks from the machine's boot to its start; with ``pid`` and the boot it
        names one process, for pids are used again, and setting the clock does not change it
    :param state: a letter, ``Z`` if it has ended and nobody asked for its exit code yet
    :param threads: how many there are: the first may have ended before the others, which shows
        as ``Z``, but only the last one's end is the process' end
    """

    pid: int
    parent: int = field(compare=False)
    session: int = field(compare=False)
    started: int
    state: str = field(compare=False)
    threads: int = field(compare=False)

    @property
    def running(self) -> bool:
        """Return whether it has not ended."""
        return self.state not in _DEAD or self.threads > 1


@functools.cache
def boot_id() -> str:
    """Return the id of the machine's boot: pids and ticks of another boot mean nothing."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def look_at(pid: int) -> Sighting | None:
    """Return a process, None if there is none of this pid."""
    fields = _status_fields(pid)
    if fields is None:
        return None
    return Sighting(
        pid, int(fields[1]), int(fields[3]), int(fields[19]), fields[0], int(fields[17])
    )


def all_processes() -> Iterator[Sighting]:
    """Every running process that this one may see, but itself."""
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            process = look_at(int(entry.name))
            if process is not None and process.running:
                yield process


def variable_of(pid: int, name: str) -> str | None:
    """Return a variable that a process was started with; None without it, or if it has ended.

    :raises PermissionError: if the process is another user's.
    """
    deadline = time.monotonic() + _LOAD_SECONDS
    while not (content := _environment(pid)) and _has_variables(pid):
        if time.monotonic() > deadline:
            break
        time.sleep(0.001)
    wanted = os.fsencode(name) + b"="
    found = (item for item in content.split(b"\0") if item.startswith(wanted))
    return next((os.fsdecode(item.removeprefix(wanted)) for item in found), None)


def _environment(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _has_variables(pid: int) -> bool:
    """Return whether a process has variables, or is in execve(2), which sets them late."""
    fields = _status_fields(pid)
    if fields is None:
        return False
    memory, start, end = (int(fields[index]) for index in (20, 47, 48))
    # A process of the kernel's own, and one that has ended, has no memory.
    return memory > 0 and (end == 0 or end > start)


def _status_fields(pid: int) -> list[str] | None:
    """Return the fields of ``/proc/PID/stat`` from the third, ``state``, on; None without it."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses, which may hold anything.
    return text.rpartition(")")[2].split()
