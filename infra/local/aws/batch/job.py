"""A Batch job and its attempts: the records that everything else of this package works on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from infra.local.aws.batch.retry import RetryStrategy
from infra.local.aws.runtime.clock import now_ms

LOG_GROUP = "/aws/batch/job"
_REFERENCE = re.compile(r"Ref::([A-Za-z0-9_-]+)")


class JobStatus(StrEnum):
    """The states of a job, in their order."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def finished(self) -> bool:
        """Return whether nothing more will happen."""
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED)

    @property
    def waiting(self) -> bool:
        """Return whether no attempt is under way."""
        return self in (JobStatus.SUBMITTED, JobStatus.PENDING, JobStatus.RUNNABLE)


@dataclass(frozen=True)
class Definition:
    """The revision of a job definition that a job was submitted with.

    :param container: the ``containerProperties``
    """

    arn: str
    name: str
    container: dict[str, Any]


@dataclass(frozen=True)
class Queue:
    """The queue that a job was submitted to.

    :param environment: the name of the compute environment that serves it first
    """

    arn: str
    name: str
    environment: str


@dataclass
class Attempt:
    """One run of a job's command; times are milliseconds since the epoch.

    :param log_stream: the name of its stream, which does not exist if the command did not start
    :param exit_code: None if there was no process
    :param reason: what the container runtime says, as of a command that cannot start
    :param status_reason: why the attempt ended
    """

    log_stream: str
    started_at: int | None = None
    stopped_at: int | None = None
    exit_code: int | None = None
    reason: str | None = None
    status_reason: str | None = None
    timed_out: bool = False


@dataclass(frozen=True)
class Stop:
    """A person's or program's wish that a job ends.

    :param reason: becomes the job's status reason
    :param cancel: whether it came by CancelJob and not by TerminateJob
    """

    reason: str
    cancel: bool


@dataclass
class Job:
    """A job from SubmitJob to its end.

    :param region: where it was submitted, which its command works in
    :param overrides: the ``containerOverrides``
    :param timeout_seconds: of each attempt; None for no limit
    """

    id: str
    arn: str
    name: str
    region: str
    queue: Queue
    definition: Definition
    retry_strategy: RetryStrategy
    overrides: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    depends_on: list[dict[str, str]] = field(default_factory=list)
    timeout_seconds: int | None = None
    propagate_tags: bool = False
    status: JobStatus = JobStatus.SUBMITTED
    status_reason: str | None = None
    created_at: int = field(default_factory=now_ms)
    stopped_at: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    stop: Stop | None = None

    @property
    def command(self) -> list[str]:
        """The argv, with the parameters in place of their ``Ref::`` placeholders."""
        template = self.overrides.get("command") or self.definition.container.get("command") or []
        return [self._filled(word) for word in template]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the definition, the overrides' in their place where both name one."""
        return {**variables_of(self.definition.container), **self.own_environment}

    @property
    def own_environment(self) -> dict[str, str]:
        """The variables of the overrides alone."""
        return variables_of(self.overrides)

    def _filled(self, word: str) -> str:
        # A name that is no parameter's stays, as on AWS, also where it begins with one that is.
        return _REFERENCE.sub(lambda match: self.parameters.get(match[1], match[0]), word)


def variables_of(source: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of container properties, or of overrides."""
    return {item["name"]: item.get("value", "") for item in source.get("environment") or []}
