"""Processes of the local stack: each in its own session, ended with all its descendants.

Airflow's children outlive a SIGTERM to their parent and would serve old code, so a process is
ended together with its session and everything that descends from it. A variable that all of a
stack's processes are started with distinguishes them from others.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.stack.process_table import Sighting, all_processes, boot_id, look_at, variable_of

#: Holds the stack's folder, in the environment of every process of a stack.
STACK_VARIABLE = "EMMAA_STACK"
#: The name of the process that restarts the others; it is ended before them.
SUPERVISOR = "supervisor"
GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.05
#: A process that is being ended may start another; what was started then is ended in turn.
_ROUNDS = 3


@dataclass(frozen=True)
class StartedProcess:
    """A process as it was when it was started.

    :param started: its start in clock ticks after ``boot``; with ``pid`` it names one process
    :param boot: the machine's boot that it belongs to
    :param log: the file that its output goes to, in its stack's folder
    :param handle: the child, where this process is its parent
    """

    name: str
    pid: int
    started: int
    boot: str
    log: str
    handle: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def stack(self) -> Path:
        """The folder of its stack."""
        return Path(self.log).parent

    def to_json(self) -> dict[str, Any]:
        """Return the process as the stack's state file holds it."""
        return {
            "name": self.name,
            "pid": self.pid,
            "started": self.started,
            "boot": self.boot,
            "log": self.log,
        }

    def alive(self) -> bool:
        """Return whether it still runs."""
        if self.handle is not None and self.handle.poll() is not None:
            return False
        if self.boot != boot_id():
            return False
        found = look_at(self.pid)
        return found is not None and found.started == self.started and found.running

    def reap(self) -> None:
        """Take the exit code as soon as it ends, if this process is its parent.

        Until then its number is not free: PostgreSQL would take the number of its killed
        predecessor for a server that still runs, and not start.
        """
        if self.handle is not None:
            threading.Thread(target=self.handle.wait, daemon=True).start()

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of its output."""
        return "\n".join(Path(self.log).read_text(errors="replace").splitlines()[-lines:])


def stack_variable(stack: Path) -> dict[str, str]:
    """Return the variable that marks a process as one of a stack's.

    :param stack: the stack's folder
    """
    return {STACK_VARIABLE: str(stack.absolute())}


def start_process(
    name: str,
    argv: list[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    log: Path,
    descriptors: Sequence[int] = (),
) -> StartedProcess:
    """Start a process in its own session.

    :param log: gets its output; lies in the stack's folder
    :param descriptors: open files that it inherits
    """
    log = log.absolute()
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            env={**environment, **stack_variable(log.parent)},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=descriptors,
        )
    found = look_at(process.pid)
    if found is None:  # it would be there even if it has ended, for nobody asked for its exit code
        raise RuntimeError(f"there is no process {process.pid}, which was started just now")
    return StartedProcess(name, process.pid, found.started, boot_id(), str(log), process)


def stop_processes(
    started: Iterable[StartedProcess], *, grace: float = GRACE_SECONDS
) -> list[Sighting]:
    """End processes, their sessions and their descendants; kill what stays after the grace.

    :param grace: seconds between SIGTERM and SIGKILL, and again until they must be gone
    :returns: what could not be ended, and what may be theirs but is another user's
    """
    started = list(started)
    return _stop(lambda: _families(started), started, grace)


def stop_stack(
    stack: Path, started: Iterable[StartedProcess], *, grace: float = GRACE_SECONDS
) -> list[Sighting]:
    """As :func:`stop_processes`, and end whatever else was started for a stack.

    :param stack: the stack's folder
    """
    started = list(started)
    # While it runs, it starts again what ends.
    stop_processes((process for process in started if process.name == SUPERVISOR), grace=grace)
    return _stop(lambda: {**_families(started), **_marked(stack)}, started, grace)


def marked_processes(stack: Path) -> list[Sighting]:
    """Return all processes of a stack that still run, regardless of their starter."""
    return list(_marked(stack))


def unended(stack: Path, left: Iterable[Sighting]) -> str:
    """Return a message about processes that :func:`stop_stack` could not end, with the fix."""
    pids = ", ".join(str(process.pid) for process in left)
    return (
        f"could not end the processes {pids} of {stack}: they may be another user's, who can end"
        f" them; if they are none of the stack's, remove {stack / 'stack.json'}"
    )


def _stop(
    find: Callable[[], dict[Sighting, bool]], started: list[StartedProcess], grace: float
) -> list[Sighting]:
    """End what ``find`` finds, again until there is nothing new.

    :param find: gives the processes, with whether they are ours to end
    """
    left: list[Sighting] = []
    for _ in range(_ROUNDS):
        found = find()
        known = {(process.pid, process.started) for process in left}
        new = [p for p, ours in found.items() if ours and (p.pid, p.started) not in known]
        left += [p for p, ours in found.items() if not ours and (p.pid, p.started) not in known]
        if not new:
            break
        left += _end(new, started, grace)
    return [process for process in left if _runs(process)]


def _end(processes: list[Sighting], started: list[StartedProcess], grace: float) -> list[Sighting]:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            _send(process, number)
        deadline = time.monotonic() + grace
        while processes := [process for process in processes if _runs(process)]:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        for child in started:
            if child.handle is not None:
                child.handle.poll()
    return processes


def _send(process: Sighting, number: signal.Signals) -> None:
    try:
        if _runs(process):
            os.kill(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # whether it is gone is looked at afterwards


def _runs(process: Sighting) -> bool:
    now = look_at(process.pid)
    return now is not None and now.started == process.started and now.running


def _families(started: list[StartedProcess]) -> dict[Sighting, bool]:
    """Return the processes that run, their descendants, and what else is in their sessions.

    :returns: each with whether it is ours for sure; an unknown one is another user's
    """
    everything = list(all_processes())
    alive = {process.pid for process in started if process.alive()}
    families: dict[Sighting, bool] = dict.fromkeys(_with_descendants(alive, everything), True)
    for process in everything:
        for leader in started:
            if process not in families and (ours := _in_session(process, leader)) is not False:
                families[process] = ours is True
    return families


def _with_descendants(pids: set[int], everything: list[Sighting]) -> list[Sighting]:
    family = set(pids)
    grown = True
    while grown:
        children = {process.pid for process in everything if process.parent in family}
        grown = not children <= family
        family |= children
    return [process for process in everything if process.pid in family]


def _in_session(process: Sighting, leader: StartedProcess) -> bool | None:
    """Return whether a process is in a session that one of ours leads or led; None if unknown.

    A session keeps its leader's pid as id after the leader is gone, and once the session is over
    too, the kernel gives that pid to a stranger, who may lead another: the mark distinguishes them.
    """
    if leader.boot != boot_id() or process.session != leader.pid:
        return False
    if process.started < leader.started:
        return False
    return _is_marked(process, leader.stack)


def _marked(stack: Path) -> dict[Sighting, bool]:
    return {process: True for process in all_processes() if _is_marked(process, stack)}


def _is_marked(process: Sighting, stack: Path) -> bool | None:
    """Return whether a process was started for a stack; None if it is another user's."""
    try:
        return variable_of(process.pid, STACK_VARIABLE) == str(stack.absolute())
    except PermissionError:
        return None


def wait_until(
    check: Callable[[], object],
    *,
    seconds: float,
    what: str,
    watched: Sequence[StartedProcess],
    every: float = 0.25,
) -> None:
    """Poll ``check`` until it is true.

    :param every: seconds between two looks
    :raises RuntimeError: if a watched process ends first, or time is up, with its log's tail.
    """
    deadline = time.monotonic() + seconds
    while not check():
        demand_alive(watched, f"the stack waited for {what}")
        if time.monotonic() > deadline:
            logs = ", ".join(process.log for process in watched)
            raise RuntimeError(f"{what} took longer than {seconds:.0f} s; see {logs}")
        time.sleep(every)


def demand_alive(watched: Iterable[StartedProcess], doing: str) -> None:
    """Make sure that all these processes run.

    :param doing: what went on meanwhile, for the message
    :raises RuntimeError: naming the first that has ended, with its log's tail.
    """
    ended = next((process for process in watched if not process.alive()), None)
    if ended is not None:
        raise RuntimeError(
            f"{ended.name} ended while {doing}; its log {ended.log} ends with:\n{ended.log_tail()}"
        )
