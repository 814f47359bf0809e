"""How a finished Batch job ended, in words, with the end of its log."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.job_log import LogLine, read_log
from emmaa_cycle.exit_codes import EXIT_UNAVAILABLE, EXIT_UNDELIVERED, MEANINGS

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
FINISHED = frozenset({SUCCEEDED, FAILED})
UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
DEFAULT_LOG_GROUP = "/aws/batch/job"
#: What the reasons begin with for which this project's own code ends jobs.
BY_AIRFLOW = "Airflow: "
#: Exit codes after which another try may end better.
_HEALING = frozenset({EXIT_UNAVAILABLE, EXIT_UNDELIVERED})
#: What Batch says of a container that needed more memory than its definition has.
_OUT_OF_MEMORY = "OutOfMemory"
_KILLED = 137
#: What Batch says of a job whose machine was taken away, whatever the exit code of its container.
_HOST_LOST = "Host EC2"
_TIMED_OUT = "attempt duration exceeded timeout"
#: Begins the reason of a queue's time limit that cancelled a job which AWS had no machine for.
_NO_CAPACITY = "CAPACITY:"
#: Begin the reasons of all time limits by which a queue cancels jobs that wait.
_WAITED_TOO_LONG = ("MISCONFIGURATION:", _NO_CAPACITY)
_NO_IMAGE = "CannotPullContainerError"
#: What a registry says of an image that it will not give at the next try either. All else that a
#: pull fails by passes: time-outs, a connection that is cut, a limit of pulls, faults (HTTP 5xx).
_NO_SUCH_IMAGE = re.compile(
    r"denied|unauthorized|forbidden|not authorized|no basic auth credentials|not found"
    r"|does not exist|manifest unknown|invalid reference format|matching platform"
    r"|specified platform",
    re.IGNORECASE,
)
#: So many of the last lines go into the exception's message.
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
    """A job that will not change any more.

    :param exit_code: of its last attempt; None if no container ran to its end
    :param reason: what Batch says
    :param heals: whether another try may end better: a source was unavailable, notifications were
        not accepted, the job was lost with its machine, its image could not be pulled for a while,
        or an attempt that Airflow had given up ended it. Batch has repeated by then what its retry
        strategy repeats
    :param stopped: whether TerminateJob or CancelJob ended it
    :param out_of_memory: whether it was killed for lack of memory
    :param lacked_capacity: whether its queue cancelled it because AWS had no machine for it. It
        can be submitted again at once, and then waits behind the other jobs
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
    reason = "; ".join(dict.fromkeys(reasons))
    stopped = bool(job.get("isTerminated") or job.get("isCancelled"))
    # Whoever ended it, or what, the exit code is then that of the signal, not the job's own.
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
    """Where a job's last attempt writes its log; None if it never started."""
    stream = _last_container(job).get("logStreamName")
    if not stream:
        return None
    options = job.get("container", {}).get("logConfiguration", {}).get("options", {})
    return LogLocation(options.get("awslogs-group", DEFAULT_LOG_GROUP), stream)


def log_tail(client: Any, location: LogLocation | None, lines: int) -> list[LogLine]:
    """Return the last lines of a job's log; a log that cannot be read must not hide the outcome.

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
    """Return the lines to read first: from the last error on, else the last ones.

    Of a long traceback the error itself and the end.
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
