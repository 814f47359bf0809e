"""The process that restarts a stack's components.

``python -m infra.local.stack.supervisor FOLDER`` runs beside the stack until it gets SIGTERM. Each
end of a component is one line in ``events.log`` and on the terminal that started the stack, while
that is open. A component that ends too often stays down, and the others go on.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.local.stack.components import Component, recorded_components
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.processes import (
    SUPERVISOR,
    StartedProcess,
    start_process,
    stop_processes,
)
from infra.local.stack.restarts import EndedTimes, RestartPolicy
from infra.local.stack.state_file import (
    given_up,
    record_given_up,
    record_processes,
    recorded_processes,
)

_POLL_SECONDS = 0.5
_GRACE_SECONDS = 3.0
EVENTS = "events.log"


class EventLog:
    """The lines that say what became of a stack's components.

    :param terminal: a file descriptor of the user's terminal; None if there is none
    """

    def __init__(self, directory: Path, terminal: int | None) -> None:
        self._file = directory / EVENTS
        self._terminal = terminal

    def write(self, line: str) -> None:
        """Add a line, with its time."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        with self._file.open("a") as output:
            output.write(f"{stamp} {line}\n")
        if self._terminal is not None:
            try:
                os.write(self._terminal, f"\r\nemmaa: {line}\r\n".encode())
            except OSError:  # it was closed
                self._terminal = None


@dataclass
class _Watched:
    component: Component
    process: StartedProcess
    ends: EndedTimes
    restart_at: float | None = None
    given_up: bool = False


class Supervisor:
    """Watches the processes that a folder's state file names, and restarts those that end.

    :param say: gets one line about each end and each restart
    """

    def __init__(
        self, directory: Path, say: Callable[[str], None], policy: RestartPolicy | None = None
    ) -> None:
        self._directory = directory
        self._say = say
        components = {component.name: component for component in recorded_components(directory)}
        recorded = recorded_processes(directory)
        self._others = [process for process in recorded if process.name not in components]
        self._watched = [
            _Watched(components[p.name], p, EndedTimes(policy or RestartPolicy()))
            for p in recorded
            if p.name in components
        ]

    def look(self, now: float) -> None:
        """Look at each component once, and restart those whose time has come."""
        for watched in self._watched:
            if watched.given_up:
                continue
            if watched.restart_at is not None:
                if now >= watched.restart_at:
                    self._restart(watched)
            elif not watched.process.alive():
                self._note_end(watched, now)

    def _note_end(self, watched: _Watched, now: float) -> None:
        name, log = watched.component.name, watched.component.log
        pause = watched.ends.pause_after(now)
        # What it started would hold its port, or work beside the next one.
        stop_processes([watched.process], grace=_GRACE_SECONDS)
        if pause is None:
            watched.given_up = True
            record_given_up(
                self._directory, [w.component.name for w in self._watched if w.given_up]
            )
            self._say(
                f"{name} ended too often and stays down: see {log}, fix the cause, then"
                " `make down` and `make up`"
            )
            return
        watched.restart_at = now + pause
        self._say(f"{name} ended, is restarted in {pause:.0f} s; its log: {log}")

    def _restart(self, watched: _Watched) -> None:
        watched.process = watched.component.start()
        watched.restart_at = None
        record_processes(self._directory, [*self._others, *(w.process for w in self._watched)])
        self._say(f"{watched.component.name} runs again (process {watched.process.pid})")


class ConditionsOfWork:
    """The processes of a supervised stack without which nothing goes on.

    They are the supervisor, what it does not restart, and what it has given up. Each iteration
    rereads the stack's folder.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __iter__(self) -> Iterator[StartedProcess]:
        components = {component.name for component in recorded_components(self._directory)}
        restarted = components - set(given_up(self._directory))
        return (p for p in recorded_processes(self._directory) if p.name not in restarted)


def start_supervisor(directory: Path) -> StartedProcess:
    """Start the supervisor of a folder's stack, whose files name processes and components."""
    terminal = [1] if os.isatty(1) else []
    argv = [sys.executable, "-m", "infra.local.stack.supervisor", str(directory.absolute())]
    descriptors = [os.dup(number) for number in terminal]
    try:
        return start_process(
            SUPERVISOR,
            argv + [f"--terminal={number}" for number in descriptors],
            environment={"PATH": os.defpath},
            directory=REPOSITORY,
            log=directory / f"{SUPERVISOR}.log",
            descriptors=descriptors,
        )
    finally:
        for number in descriptors:
            os.close(number)


def events(directory: Path) -> list[str]:
    """Return what became of a stack's components, a line each, oldest first."""
    file = directory / EVENTS
    return file.read_text().splitlines() if file.exists() else []


def main(argv: Sequence[str] | None = None) -> int:
    """Supervise until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.stack.supervisor", description=__doc__
    )
    parser.add_argument("directory", type=Path, help="the stack's state folder")
    parser.add_argument("--terminal", type=int, help="a file descriptor that gets each line, too")
    options = parser.parse_args(argv)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: ended.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    supervisor = Supervisor(options.directory, EventLog(options.directory, options.terminal).write)
    while not ended.wait(_POLL_SECONDS):
        supervisor.look(time.monotonic())
    return 0


if __name__ == "__main__":
    sys.exit(main())
