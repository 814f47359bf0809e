"""The outcome of a finished Batch job, in words, with the end of its log."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.job_log import LogLine, read_log
from emmaa_cycle.exit_codes import EXIT_UNAVAILABLE, EXIT_UNDELIVERED, MEANINGS
from emmaa_cycle.printable import printable

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
FINISHED = frozenset({SUCCEEDED, FAILED})
UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
DEFAULT_LOG_GROUP = "/aws/batch/job"
#: The prefix of the reasons for which this project's code ends jobs.
BY_AIRFLOW = "Airflow: "
#: Exit codes after which another try may succeed.
_HEALING = frozenset({EXIT_UNAVAILABLE, EXIT_UNDELIVERED})
#: Batch's reason for a container that needed more memory than its definition has.
_OUT_OF_MEMORY = "OutOfMemory"
_KILLED = 137
#: Batch's reason for a job whose machine was taken away, whatever its container's exit code.
_HOST_LOST = "Host EC2"
_TIMED_OUT = "attempt duration exceeded timeout"
#: The prefix of the reason when a queue's time limit cancels a job for which AWS has no machine.
_NO_CAPACITY = "CAPACITY:"
#: The prefixes of the reasons of all time limits by which a queue cancels waiting jobs.
_WAITED_TOO_LONG = ("MISCONFIGURATION:", _NO_CAPACITY)
_NO_IMAGE = "CannotPullContainerError"
#: A registry's messages about an image that it will refuse again. All other failures of a pull are
#: temporary: time-outs, broken connections, rate limits, faults (HTTP 5xx).
_NO_SUCH_IMAGE = re.compile(
    r"denied|unauthorized|forbidden|not authorized|no basic auth credentials|not found"
    r"|does not exist|manifest unknown|invalid reference format|matching platform"
    r"|specified platform",
    re.IGNORECASE,
)
#: The number of last lines in the exception's message.
_MESSAGE_LINES = 8
_ERROR_LINE = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback ")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogLocation:
    """A log stream of CloudWatch."""

    group: str
    stream: str


@dataclass(frozen=True)
class JobOutcome:
    """The outcome of a finished job.

    :param exit_code: of its last attempt; None if no container ran to its end
    :param reason: Batch's reason
    :param heals: whether another try may succeed: a source was unavailable, notifications were not
        accepted, the job was lost with its machine, its image could not be pulled for a while, or
        an attempt that Airflow had given up ended it. Batch has made all attempts of its retry
        strategy before
    :param stopped: whether TerminateJob or CancelJob ended it
    :param out_of_memory: whether it was killed for lack of memory
    :param lacked_capacity: whether its queue cancelled it because AWS had no machine for it. It can
        be submitted again at once, and then waits behind the other jobs
    """

    job_id: str
    name: str
    succeeded: bool
    exit_code: int | None
    reason: str
    heals: bool
    stopped: bool = False
    out_of_memory: bool = False
    lacked_capacity: bool = False

    def message(self, log: Sequence[LogLine]) -> str:
        """Return one clear sentence for people, and the lines of the log that matter."""
        how = "without an exit code" if self.exit_code is None else f"with exit code {self._code}"
        said = f": {self.reason}" if self.reason else ""
        text = f"Batch job {self.name} ({self.job_id}) failed {how}{said}"
        lines = error_lines(log)
        return "\n".join([f"{text}. Its log ends with:", *lines]) if lines else text

    @property
    def _code(self) -> str:
        meaning = MEANINGS.get(self.exit_code or 0)
        return f"{self.exit_code} ({meaning})" if meaning else str(self.exit_code)


def job_outcome(job: dict[str, Any]) -> JobOutcome:
    """Read a finished job's description."""
    container = _last_container(job)
    exit_code = container.get("exitCode")
    reasons = [text for text in (container.get("reason"), job.get("statusReason")) if text]
    reason = printable("; ".join(dict.fromkeys(reasons)))  # a person may have given it
    stopped = bool(job.get("isTerminated") or job.get("isCancelled"))
    # A stopped or timed-out job has the signal's exit code, not its own.
    waited = any(limit in reason for limit in _WAITED_TOO_LONG)
    ended = stopped or waited or _TIMED_OUT in reason
    host_lost = not stopped and any(text.startswith(_HOST_LOST) for text in reasons)
    lost = host_lost or (exit_code is None and not ended and not _has_no_image(reason))
    short = (exit_code == _KILLED and not ended) or _OUT_OF_MEMORY in reason
    return JobOutcome(
        job_id=job["jobId"],
        name=job["jobName"],
        succeeded=job["status"] == SUCCEEDED,
        exit_code=exit_code,
        reason=reason,
        heals=lost or exit_code in _HEALING or BY_AIRFLOW in reason,
        stopped=stopped,
        out_of_memory=job["status"] == FAILED and short and not host_lost,
        lacked_capacity=_lacked_capacity(job),
    )


def _lacked_capacity(job: dict[str, Any]) -> bool:
    by_a_queue = job["status"] == FAILED and not job.get("isTerminated")
    return by_a_queue and _NO_CAPACITY in (job.get("statusReason") or "")


def _has_no_image(reason: str) -> bool:
    return _NO_IMAGE in reason and bool(_NO_SUCH_IMAGE.search(reason))


def log_location(job: dict[str, Any]) -> LogLocation | None:
    """Return the location of the log of a job's last attempt; None if it never started."""
    stream = _last_container(job).get("logStreamName")
    if not stream:
        return None
    options = job.get("container", {}).get("logConfiguration", {}).get("options", {})
    return LogLocation(options.get("awslogs-group", DEFAULT_LOG_GROUP), stream)


def log_tail(client: Any, location: LogLocation | None, lines: int) -> list[LogLine]:
    """Return the last lines of a job's log, or none if it cannot be read.

    :param client: a boto3 CloudWatch Logs client
    """
    if location is None:
        return []
    try:
        events = client.get_log_events(
            logGroupName=location.group,
            logStreamName=location.stream,
            limit=lines,
            startFromHead=False,
        )["events"]
    except (ClientError, BotoCoreError) as error:
        logger.warning("The log %s of the job cannot be read: %s", location.stream, error)
        return []
    return read_log([event["message"] for event in events])


def error_lines(log: Sequence[LogLine]) -> list[str]:
    """Return the lines to read first: from the last error on, or else the last ones.

    A long traceback is reduced to the error itself and the end.
    """
    lines = [line.text for line in log if line.text.strip()]
    starts = [number for number, line in enumerate(lines) if _ERROR_LINE.search(line)]
    if not starts:
        return lines[-3:]
    found = lines[starts[-1] :]
    return found if len(found) <= _MESSAGE_LINES else [found[0], *found[1 - _MESSAGE_LINES :]]


def _last_container(job: dict[str, Any]) -> dict[str, Any]:
    attempts = job.get("attempts") or [{}]
    last = attempts[-1].get("container") or {}
    return {**job.get("container", {}), **last}
