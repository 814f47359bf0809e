"""A subprocess together with all that it starts, ended as one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

_SIGNALLED = 128


class Leader(Protocol):
    """A child of this process that leads a process group, as a ``Popen`` does."""

    @property
    def pid(self) -> int:
        """The id of the process and of its group."""

    def wait(self) -> int:
        """Wait for its end and return its exit code, negative if a signal ended it."""


def start_group(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    stdout: int,
    stdin: int | None = None,
) -> ProcessGroup:
    """Start a process that leads its own session and process group.

    Its standard error goes where its standard output goes.

    :param stdin: a file descriptor to read from; nothing is read if None
    :param stdout: a file descriptor to write to
    :raises OSError: if the command cannot be started.
    :raises ValueError: if an argument or variable holds a zero byte.
    """
    return ProcessGroup(
        subprocess.Popen(
            list(argv),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    )


class ProcessGroup:
    """A process with all that it starts.

    What it leaves behind in its group is killed as soon as it ends, as a container's processes are.
    """

    def __init__(self, leader: Leader) -> None:
        self._lock = threading.Lock()
        self._ended = False
        self._kill_timer: threading.Timer | None = None
        self._leader = leader

    @property
    def id(self) -> int:
        """The group's id, which is its leader's process id."""
        return self._leader.pid

    def wait(
        self, timeout: float | None = None, on_timeout: Callable[[], None] = lambda: None
    ) -> int:
        """Wait until the process ends, end the rest of its group, and return its exit code.

        A process that a signal ended has the exit code 128 + the signal's number, as Docker
        reports it.

        :param timeout: seconds until ``on_timeout`` is called, in another thread
        :param on_timeout: to end the group, which is waited for all the same
        """
        if timeout is None:
            return self._wait()
        timer = threading.Timer(timeout, on_timeout)
        timer.daemon = True
        timer.start()
        code = self._wait()
        timer.cancel()
        timer.join()
        return code

    def _wait(self) -> int:
        # Not reaped yet, the process keeps its number, so no stranger can get the signal.
        os.waitid(os.P_PID, self._leader.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._ended = True
            self._signal_group(signal.SIGKILL)
            code = self._leader.wait()
            _reap(self._leader.pid)
            if self._kill_timer is not None:
                self._kill_timer.cancel()
        return code if code >= 0 else _SIGNALLED - code

    def stop(self, grace: float) -> bool:
        """Ask the group to end, and kill what is left of it after the grace.

        :param grace: seconds between SIGTERM and SIGKILL
        :returns: whether there was still something to ask
        """
        with self._lock:
            if self._ended or self._kill_timer is not None:
                return False
            self._signal_group(signal.SIGTERM)
            self._kill_timer = threading.Timer(grace, self.kill)
            self._kill_timer.daemon = True
            self._kill_timer.start()
            return True

    def kill(self) -> bool:
        """Kill the group at once.

        :returns: whether there was still something to kill
        """
        with self._lock:
            if not self._ended:
                self._signal_group(signal.SIGKILL)
            return not self._ended

    def _signal_group(self, number: signal.Signals) -> None:
        # macOS says EPERM of a group that has only dead members.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._leader.pid, number)


def _reap(group: int) -> None:
    """Ask for the exit codes of a killed group's orphans that this process has adopted, if any."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-group, 0)
