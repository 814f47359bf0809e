"""Batch's jobs and their logs, kept in a folder over the end of the server.

Each job is a file, which is replaced whole at each change of its state.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from moto.logs.models import LogsBackend

from infra.local.aws.batch.job import LOG_GROUP, Attempt, Definition, Job, JobStatus, Queue, Stop
from infra.local.aws.batch.retry import RetryStrategy
from infra.local.aws.runtime.locks import service_lock

logger = logging.getLogger(__name__)

_JOB_VARIABLE = "AWS_BATCH_JOB_ID"


class SavedJobs:
    """The jobs of a server in a folder.

    :param logs: gives moto's logs backend of a region
    """

    def __init__(self, folder: Path, logs: Callable[[str], LogsBackend]) -> None:
        self._jobs = folder / "jobs"
        self._streams = folder / "job-logs"
        self._logs = logs
        self._frozen = False
        for made in (self._jobs, self._streams):
            made.mkdir(parents=True, exist_ok=True)

    def save(self, job: Job, tags: dict[str, str]) -> None:
        """Write down a job as it is now, and its attempts' logs once it has finished."""
        if self._frozen:
            return
        document = _document(job) | {"tags": tags}
        # After the logs: a job that is finished has them.
        if job.status.finished:
            for attempt in job.attempts:
                self._save_log(job.region, attempt)
        _replace(self._jobs / f"{job.id}.json", document)

    def freeze(self) -> None:
        """Keep jobs from now on as they are: what ends with the server is taken up by the next."""
        self._frozen = True

    def load(self) -> list[tuple[Job, dict[str, str]]]:
        """Return all jobs with their tags, in the order of their submission.

        A file that does not hold a job is logged and left out.
        """
        found = []
        for file in self._jobs.glob("*.json"):
            try:
                document = json.loads(file.read_text())
                found.append((int(document["created_at"]), _job(document), document["tags"]))
            except (ValueError, KeyError, TypeError):
                logger.exception("%s does not hold a job and is left out", file)
        found.sort(key=lambda entry: entry[0])
        return [(job, tags) for _, job, tags in found]

    def restore_logs(self, job: Job) -> None:
        """Put the logs of a job's finished attempts back into CloudWatch.

        A file that does not hold a log is logged and left out.
        """
        for attempt in job.attempts:
            file = self._log_file(attempt)
            if not file.exists():
                continue
            with service_lock("logs"):
                backend = self._logs(job.region)
                backend.ensure_log_group(LOG_GROUP)
                backend.ensure_log_stream(LOG_GROUP, attempt.log_stream)
                stream = backend.groups[LOG_GROUP].streams[attempt.log_stream]
                try:
                    stream.put_log_events(json.loads(file.read_text()))
                except (ValueError, KeyError, TypeError):
                    logger.exception("%s does not hold a log and is left out", file)

    def _save_log(self, region: str, attempt: Attempt) -> None:
        file = self._log_file(attempt)
        if file.exists():
            return
        with service_lock("logs"):
            group = self._logs(region).groups.get(LOG_GROUP)
            stream = group.streams.get(attempt.log_stream) if group else None
            if stream is None:
                return
            events = [{"timestamp": e.timestamp, "message": e.message} for e in stream.events]
        _replace(file, events)

    def _log_file(self, attempt: Attempt) -> Path:
        return self._streams / f"{attempt.log_stream.replace('/', '+')}.json"


def end_processes_of(jobs: Iterable[Job]) -> None:
    """Kill what is left of jobs whose server was killed, known by their id in its environment."""
    ids = {job.id for job in jobs}
    if not ids:
        return
    for process in psutil.process_iter():
        try:
            if process.environ().get(_JOB_VARIABLE) in ids:
                process.send_signal(signal.SIGKILL)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue


def _document(job: Job) -> dict[str, Any]:
    fields = {name: value for name, value in vars(job).items() if name != "retry_strategy"}
    nested = ("queue", "definition", "stop")
    return {
        **fields,
        **{name: asdict(fields[name]) if fields[name] else None for name in nested},
        "attempts": [asdict(attempt) for attempt in job.attempts],
        "retry_strategy": job.retry_strategy.to_response(),
    }


def _job(document: dict[str, Any]) -> Job:
    fields = {name: value for name, value in document.items() if name != "tags"}
    stop = fields.pop("stop")
    return Job(
        **{
            **fields,
            "queue": Queue(**fields["queue"]),
            "definition": Definition(**fields["definition"]),
            "retry_strategy": RetryStrategy.from_request(fields["retry_strategy"]),
            "status": JobStatus(fields["status"]),
            "attempts": [Attempt(**attempt) for attempt in fields["attempts"]],
            "stop": Stop(**stop) if stop else None,
        }
    )


def _replace(file: Path, document: object) -> None:
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(document))
    os.replace(partial, file)
