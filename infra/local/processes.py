"""Processes of the local stack: each in a session of its own, ended with all its descendants.

Airflow's children outlive a SIGTERM to their parent and would serve old code, so a process is
ended together with its session and everything that descends from it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class StartedProcess:
    """A process as it was when it was started.

    :param created: its start in seconds since the epoch; with ``pid`` it names one process,
        for pids are used again
    :param handle: the child, where this process is its parent
    """

    name: str
    pid: int
    created: float
    log: str
    handle: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The form in the stack's state file."""
        return {"name": self.name, "pid": self.pid, "created": self.created, "log": self.log}

    def alive(self) -> bool:
        """Whether it still runs."""
        if self.handle is not None and self.handle.poll() is not None:
            return False
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.created and (
                process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that it wrote."""
        return "\n".join(Path(self.log).read_text(errors="replace").splitlines()[-lines:])


def start_process(
    name: str, argv: list[str], *, environment: Mapping[str, str], directory: Path, log: Path
) -> StartedProcess:
    """Start a process in a session of its own, its output going to ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    created = psutil.Process(process.pid).create_time()
    return StartedProcess(name, process.pid, created, str(log), process)


def stop_processes(started: Iterable[StartedProcess]) -> None:
    """End processes, their sessions and their descendants; kill what stays after the grace."""
    started = list(started)
    family = {member.pid: member for process in started for member in _family(process)}.values()
    _signal(family, psutil.Process.terminate)
    _, stubborn = psutil.wait_procs(list(family), timeout=GRACE_SECONDS)
    _signal(stubborn, psutil.Process.kill)
    psutil.wait_procs(stubborn, timeout=GRACE_SECONDS)
    for process in started:
        if process.handle is not None:
            process.handle.poll()


def _signal(processes: Iterable[psutil.Process], send: Any) -> None:
    for process in processes:
        try:
            send(process)
        except psutil.NoSuchProcess:
            continue


def _family(started: StartedProcess) -> list[psutil.Process]:
    """The process, its descendants, and what else is in its session."""
    members: dict[int, psutil.Process] = {}
    if started.alive():
        root = psutil.Process(started.pid)
        members = {p.pid: p for p in [root, *root.children(recursive=True)]}
    for process in psutil.process_iter():
        if process.pid not in members and _in_session(process, started):
            members[process.pid] = process
    return list(members.values())


def _in_session(process: psutil.Process, started: StartedProcess) -> bool:
    # A session keeps its leader's pid as id even after the leader is gone, and the kernel does
    # not give that pid away while the session lives; a process older than ours is another's.
    try:
        return os.getsid(process.pid) == started.pid and process.create_time() >= started.created
    except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        return False


def wait_until(check: Any, *, seconds: float, what: str, watched: Iterable[StartedProcess]) -> None:
    """Poll ``check`` until it is true.

    :raises RuntimeError: if a watched process ends first, or time is up, with its log's tail.
    """
    deadline = time.monotonic() + seconds
    watched = list(watched)
    while not check():
        for process in watched:
            if not process.alive():
                raise RuntimeError(
                    f"{process.name} ended while the stack waited for {what}; its log"
                    f" {process.log} ends with:\n{process.log_tail()}"
                )
        if time.monotonic() > deadline:
            logs = ", ".join(process.log for process in watched)
            raise RuntimeError(f"{what} took longer than {seconds:.0f} s; see {logs}")
        time.sleep(0.25)
