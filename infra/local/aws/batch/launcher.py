"""Starting jobs by forking a process that has imported their libraries.

Each job of a script imports the same libraries, which takes seconds of a core. Here
:mod:`~infra.local.aws.batch.fork_server` imports them once. Where it cannot be had, or the job is
anything but a script of the jobs' Python, a process of the job's own is started instead.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.aws.batch import fork_server
from infra.local.aws.batch.fork_server import HEADER_BYTES, OUTDATED, READY, Request

logger = logging.getLogger(__name__)

JOB_ID = "AWS_BATCH_JOB_ID"
#: A variable that each job has with its own value begins with this.
BATCH_PREFIX = "AWS_BATCH_"
_READY_SECONDS = 60.0
_ANSWER_SECONDS = 60.0
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class ForkedJob:
    """A job's process, which this process has adopted."""

    pid: int

    def wait(self) -> int:
        """Wait for its end and return its exit code, negative if a signal ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class ForkServer:
    """A running fork server.

    :param names: what it imports
    :param environment: its variables, which all its jobs have
    :param answer_seconds: how long it may take to start a job
    :raises OSError: if it does not get ready.
    :raises ValueError: if the environment cannot be one.
    """

    def __init__(
        self,
        python: str,
        names: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self.environment = dict(environment)
        self._directory = directory
        self._lock = threading.Lock()
        self.closed = False
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(_READY_SECONDS)
        with theirs, ExitStack() as unless_started:
            unless_started.callback(self._channel.close)
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [python, fork_server.__file__, str(descriptor), *names],
                env={**environment, JOB_ID: "-" * 36},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                # Pipes, as a job's are: Python's streams differ for files.
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[descriptor],
                start_new_session=True,
            )
            unless_started.pop_all()
        threading.Thread(target=self._log_output, name="launcher", daemon=True).start()
        try:
            if self._channel.recv(len(READY)) != READY:
                raise OSError("it ended before it was ready")
        except OSError:
            self.close()
            raise
        self._channel.settimeout(answer_seconds)

    def fork(
        self, argv: Sequence[str], environment: Mapping[str, str], output: int
    ) -> ForkedJob | None:
        """Start a job; None if that is not possible any more, or not now.

        The job runs only if its process is returned: it waits for a permission, which it gets as
        soon as its process is known here, and ends without one.

        :param environment: all its variables
        :param output: a file descriptor to write to
        :raises OSError: if the server is lost, which is closed then.
        """
        request = Request(list(argv), dict(environment), str(self._directory), [JOB_ID])
        permission, permit = os.pipe()
        try:
            with self._lock:
                if self.closed:
                    return None
                try:
                    pid = self._ask(request, [output, permission])
                except OSError:
                    self._end()  # its late answer would be taken for that to the next request
                    raise
                if pid == OUTDATED:
                    self._end()
            if pid <= 0:
                return None
            os.write(permit, b"\n")
            return ForkedJob(pid)
        finally:
            for descriptor in (permission, permit):
                os.close(descriptor)

    def _ask(self, request: Request, descriptors: list[int]) -> int:
        """Send a request and return the answer.

        :raises OSError: if there is none.
        """
        body = json.dumps(asdict(request)).encode()
        socket.send_fds(self._channel, [len(body).to_bytes(HEADER_BYTES)], descriptors)
        self._channel.sendall(body)
        with self._channel.makefile("rb", 0) as answers:
            answer = answers.readline()
        if not answer:
            raise OSError("it has ended")
        return int(answer)

    def _log_output(self) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as lines:
                for line in lines:
                    logger.info("Launcher: %s", line.decode(errors="replace").rstrip())

    def close(self) -> None:
        """End the server; its jobs go on."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self.closed = True
        self._channel.close()
        self._process.kill()
        self._process.wait()


class Launcher:
    """The fork servers of a host, one at a time.

    :param python: the jobs' Python
    :param names: what it imports; without any, no job is forked
    :param directory: the jobs' working directory
    :param own_prefixes: what the names of variables begin with that may be a job's own, since
        nothing that is imported reads them
    """

    def __init__(
        self,
        python: Path,
        names: Sequence[str],
        directory: Path,
        own_prefixes: Sequence[str] = (),
    ) -> None:
        self._python = str(python)
        self._names = tuple(names)
        self._own_prefixes = (BATCH_PREFIX, *own_prefixes)
        self._directory = directory
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._usable = bool(names) and sys.platform == "linux"

    def server_for(
        self, argv: Sequence[str], environment: Mapping[str, str], own: Collection[str]
    ) -> ForkServer | None:
        """Return a server that can start a job, started if need be; None if none can.

        :param own: the names of the variables that the job alone has, besides Batch's
        """
        if not self._usable or not self._is_script(argv):
            return None
        if not all(name.startswith(self._own_prefixes) for name in own):
            return None
        if any("\0" in text for text in (*argv, *environment, *environment.values())):
            return None
        common = {
            name: value
            for name, value in environment.items()
            if name not in own and not name.startswith(BATCH_PREFIX)
        }
        with self._lock:
            if not self._usable:
                return None
            server = self._server
            if server is not None and not server.closed and server.environment == common:
                return server
            if server is not None:
                server.close()
            self._server = self._started(common)
            return self._server

    def prepare(self, environment: Mapping[str, str]) -> None:
        """Start a server, beside all else, unless there is one: its imports take seconds.

        :param environment: the variables that the next jobs are likely to have, without their own
        """
        if self._usable and self._server is None:
            start = threading.Thread(target=self._prepare, args=(dict(environment),), daemon=True)
            start.start()

    def _prepare(self, environment: Mapping[str, str]) -> None:
        with self._lock:
            if self._usable and self._server is None:
                with suppress(ValueError):  # a job with a variable that cannot be says so itself
                    self._server = self._started(environment)

    def give_up(self, error: OSError) -> None:
        """Start no job by a server from now on."""
        logger.warning("Jobs start more slowly from now on: their launcher is lost: %s", error)
        self.close()

    def close(self) -> None:
        """End what runs of it, for good; jobs go on."""
        self._usable = False
        with self._lock:
            if self._server is not None:
                self._server.close()
                self._server = None

    def _is_script(self, argv: Sequence[str]) -> bool:
        if len(argv) < 2 or argv[0] != self._python or not argv[1].endswith(".py"):
            return False
        return not argv[1].startswith("-") and (self._directory / argv[1]).is_file()

    def _started(self, environment: Mapping[str, str]) -> ForkServer | None:
        # Jobs lose their parent at once; this process takes its place.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        try:
            return ForkServer(self._python, self._names, environment, self._directory)
        except OSError as error:
            self._usable = False
            logger.warning("Jobs start more slowly, their launcher does not start: %s", error)
            return None
