"""``python -m tests.ended_runs SIGNAL WORD COMMAND…``: what an ended test run leaves behind.

Runs a command until it has a descendant with a word in its command line, sends it the signal, and
prints the descendants that still run some seconds later, which are then killed. Needs Linux, where
a process can adopt the orphans among its descendants.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]
#: Until the processes of the run have started, and until all are gone.
START_SECONDS, END_SECONDS = 240.0, 90.0
_PR_SET_CHILD_SUBREAPER = 36


def left_behind(number: signal.Signals, word: str, *command: str) -> list[str]:
    """Return the command lines that :func:`main` prints, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ended_runs", number.name, word, *command],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def main(name: str, word: str, *command: str) -> None:
    """Run the command, end it, and print the command line of each process that it left."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def has_started() -> bool:
        return any(word in line for line in _descendants().values())

    try:
        _wait(lambda: run.poll() is not None or has_started())
        if run.poll() is not None:
            raise RuntimeError(f"the run ended before it started {word!r}: {run.communicate()[0]}")
        if not has_started():
            raise RuntimeError(f"the run did not start {word!r} in {START_SECONDS:.0f} s")
        run.send_signal(signal.Signals[name])
        run.communicate(timeout=END_SECONDS)
        _wait(lambda: not _descendants(), END_SECONDS)
    finally:
        for process, line in _descendants().items():
            print(line)
            process.kill()


def _wait(check: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Wait until something is so, or the seconds are over."""
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(0.1)


def _descendants() -> dict[psutil.Process, str]:
    """Return the processes that descend from this one and run, with their command lines."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found[process] = " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            continue
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
