"""A subprocess together with all that it starts, ended as one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_SIGNALLED = 128


class ProcessGroup:
    """A process that leads its own session and process group.

    Its standard error goes where its standard output goes. What it leaves behind in its group is
    killed as soon as it ends, as a container's processes are.

    :param stdin: a file descriptor to read from; nothing is read if None
    :param stdout: a file descriptor to write to
    :raises OSError: if the command cannot be started.
    :raises ValueError: if an argument or variable holds a zero byte.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        stdout: int,
        stdin: int | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._ended = False
        self._kill_timer: threading.Timer | None = None
        self._process = subprocess.Popen(
            list(argv),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def id(self) -> int:
        """The group's id, which is its leader's process id."""
        return self._process.pid

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
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._ended = True
            self._signal_group(signal.SIGKILL)
            code = self._process.wait()
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
            os.killpg(self._process.pid, number)
