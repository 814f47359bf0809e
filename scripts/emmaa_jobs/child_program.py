"""Programs that a job starts: they end with the job, and have a limit of memory.

A job that is stopped (SIGTERM) or killed cannot end its programs itself, so Linux is asked to kill
them with it (``PR_SET_PDEATHSIG``). That must be set in the program's own process: this file runs
there, sets it together with the limit, and becomes the program.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
#: A program may use this share of the memory that the container, or else the machine, has.
_SHARE = 0.5
#: Where Linux keeps the limit of the container: control groups of version 2, then of version 1.
_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def owned_command(command: Sequence[str], parent: str, memory: int) -> list[str]:
    """Return what starts a program that ends with its parent.

    :param parent: process id of the parent; ``$PPID`` in a shell script
    :param memory: bytes that each of the program's processes may allocate
    """
    return [sys.executable, "-I", "-S", __file__, parent, str(memory), *command]


def memory_limit() -> int:
    """Return the bytes that one program may allocate: half of what there is."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(text) for text in map(_text_of, _CONTAINER_LIMITS) if text.isdigit()]
    return int(min([machine, *limits]) * _SHARE)


def _text_of(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _become(parent: int, memory: int, command: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.execvp(command[0], command)  # noqa: S606 - the jobs choose the command


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
