"""Running a job's command once, as a container that holds nothing but the command."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from moto.logs.models import LogsBackend

from infra.local.aws.batch.job import LOG_GROUP, Attempt, Job
from infra.local.aws.batch.launcher import ForkServer, Launcher
from infra.local.aws.batch.memory import OUT_OF_MEMORY, MemoryWatch
from infra.local.aws.runtime.clock import now_ms
from infra.local.aws.runtime.environment import aws_environment, basic_environment
from infra.local.aws.runtime.log_stream import LogStreamWriter
from infra.local.aws.runtime.output import OutputPump
from infra.local.aws.runtime.process_group import ProcessGroup, start_group

EXITED = "Essential container in task exited"
NOT_STARTED = "Task failed to start"
TIMED_OUT = "Job attempt duration exceeded timeout"
# What shells and Docker exit with.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


@dataclass(frozen=True)
class JobHost:
    """The stand-in for the compute environment and the job image.

    :param directory: the jobs' working directory
    :param programs: a folder that comes first on the jobs' ``PATH``
    :param endpoint_url: the embedded AWS, for the jobs' ``AWS_ENDPOINT_URL``
    :param passed_variables: names of the server's variables that jobs get
    :param grace_seconds: between SIGTERM and SIGKILL of a job that is stopped
    :param logs: gives moto's logs backend of a region
    :param launcher: starts the jobs that it can
    """

    directory: Path
    programs: Path
    endpoint_url: str
    passed_variables: tuple[str, ...]
    grace_seconds: float
    logs: Callable[[str], LogsBackend]
    launcher: Launcher

    def environment(self, own: Mapping[str, str], region: str) -> dict[str, str]:
        """Return a job's variables, but for those that each attempt has with its own value.

        :param own: those of its definition and overrides
        """
        return {
            **basic_environment(self.passed_variables, self.programs),
            **own,
            **aws_environment(self.endpoint_url, region),
        }


class AttemptRun:
    """One attempt under way; :meth:`stop` may come from any thread at any time."""

    def __init__(self, host: JobHost, job: Job, attempt: Attempt) -> None:
        self._host = host
        self._job = job
        self._attempt = attempt
        self._lock = threading.Lock()
        self._group: ProcessGroup | None = None
        self._stopped = False

    def run(self, on_running: Callable[[], None]) -> None:
        """Run the command to its end and complete the attempt's record.

        :param on_running: called as soon as there is a process
        """
        stream = LogStreamWriter(
            lambda: self._host.logs(self._job.region), LOG_GROUP, self._attempt.log_stream
        )
        pump = OutputPump(stream)
        try:
            group = self._start(pump.writing_end)
        finally:
            pump.release()
        try:
            if group is not None:
                self._follow(group, stream, on_running)
        finally:
            pump.finish()
        self._attempt.stopped_at = now_ms()

    def stop(self, grace: float | None = None) -> None:
        """End the command, or keep it from starting.

        :param grace: seconds between SIGTERM and SIGKILL; the host's if None
        """
        with self._lock:
            self._stopped = True
            if self._group is not None:
                self._group.stop(self._host.grace_seconds if grace is None else grace)

    def kill(self) -> None:
        """End the command at once."""
        with self._lock:
            self._stopped = True
            if self._group is not None:
                self._group.kill()

    def _start(self, stdout: int) -> ProcessGroup | None:
        environment = self._environment()
        try:
            argv = _resolved(self._job.command, environment["PATH"], self._host.directory)
            # Before the lock: it may take seconds until a server is ready.
            own = self._job.own_environment
            server = self._host.launcher.server_for(argv, environment, own)
            with self._lock:
                if self._stopped:
                    self._attempt.status_reason = NOT_STARTED
                    return None
                self._group = self._forked(server, argv, environment, stdout) or start_group(
                    argv, environment=environment, directory=self._host.directory, stdout=stdout
                )
                return self._group
        except (OSError, ValueError) as error:
            self._attempt.exit_code = _start_failure(error)
            self._attempt.reason = f"CannotStartContainerError: {error}"
            self._attempt.status_reason = NOT_STARTED
            return None

    def _forked(
        self, server: ForkServer | None, argv: list[str], environment: dict[str, str], stdout: int
    ) -> ProcessGroup | None:
        if server is None:
            return None
        try:
            job = server.fork(argv, environment, stdout)
        except OSError as error:
            self._host.launcher.give_up(error)
            return None
        return ProcessGroup(job) if job is not None else None

    def _follow(
        self, group: ProcessGroup, stream: LogStreamWriter, on_running: Callable[[], None]
    ) -> None:
        try:
            stream.open()
        except Exception:
            group.kill()
            group.wait()
            raise
        self._attempt.started_at = now_ms()
        on_running()
        self._attempt.exit_code = self._watched(group)
        self._attempt.status_reason = TIMED_OUT if self._attempt.timed_out else EXITED

    def _watched(self, group: ProcessGroup) -> int:
        limit = _memory_limit_mib(self._job)
        if limit is None:
            return self._wait(group)
        watch = MemoryWatch(group.id, limit, lambda: self._kill_for_memory(group))
        code = self._wait(group)
        watch.end()
        return code

    def _kill_for_memory(self, group: ProcessGroup) -> None:
        if group.kill():
            self._attempt.reason = OUT_OF_MEMORY

    def _wait(self, group: ProcessGroup) -> int:
        return group.wait(self._job.timeout_seconds, lambda: self._time_out(group))

    def _time_out(self, group: ProcessGroup) -> None:
        # A command that ends or is stopped at this very moment has not timed out.
        self._attempt.timed_out = group.stop(self._host.grace_seconds)

    def _environment(self) -> dict[str, str]:
        job = self._job
        return {
            **self._host.environment(job.environment, job.region),
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(len(job.attempts)),
            "AWS_BATCH_JQ_NAME": job.queue.name,
            "AWS_BATCH_CE_NAME": job.queue.environment,
        }


def _memory_limit_mib(job: Job) -> int | None:
    """Return the memory of a job's container, MiB, as its overrides or its definition say."""
    for source in (job.overrides, job.definition.container):
        for item in source.get("resourceRequirements", []):
            if item["type"] == "MEMORY":
                return int(item["value"])
        if "memory" in source:
            return int(source["memory"])
    return None


def _resolved(command: list[str], path: str, directory: Path) -> list[str]:
    """Return the command with its program's path, looked up as a container would.

    :raises OSError: if there is no such program, or no command at all.
    """
    if not command or not command[0]:
        raise FileNotFoundError(errno.ENOENT, "no command specified")
    program = command[0]
    if os.sep in program:
        return [str(directory / program), *command[1:]]
    found = shutil.which(program, path=path)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, "executable file not found in $PATH", program)
    return [found, *command[1:]]


def _start_failure(error: OSError | ValueError) -> int:
    if isinstance(error, PermissionError | IsADirectoryError):
        return _NOT_EXECUTABLE
    return _NOT_FOUND
