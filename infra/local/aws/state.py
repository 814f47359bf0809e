"""The state that outlives the server: objects, jobs, mails, and the account's set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from moto.logs.models import LogsBackend

from infra.local.aws.batch import responses as batch
from infra.local.aws.batch.job import Job
from infra.local.aws.batch.saved_jobs import SavedJobs, end_processes_of
from infra.local.aws.saved_objects import SavedObjects
from infra.local.aws.saved_requests import SavedRequests, configures

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class State:
    """A server's state folder.

    :param logs: gives moto's logs backend of a region
    :raises UsageError: if the folder cannot be used or holds something else.
    """

    def __init__(self, folder: Path, logs: Callable[[str], LogsBackend]) -> None:
        self._objects = SavedObjects(folder)
        self._objects.load()
        self._requests = SavedRequests(folder)
        self._jobs = SavedJobs(folder, logs)
        self.mails = folder / "mails.jsonl"
        self.topic_messages = folder / "topic-messages.jsonl"

    def restore(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Set up the account as it was, and let its jobs go on.

        :param application: answers requests, and keeps none of them
        """
        self._requests.replay(application)
        jobs = self._jobs.load()
        for job, _ in jobs:
            self._jobs.restore_logs(job)
        end_processes_of(job for job, _ in jobs if not job.status.finished)
        batch.restore(jobs)
        self._objects.start()

    def note(self, service: str, environ: WSGIEnvironment, body: bytes) -> None:
        """Keep what an answered request has changed.

        :param service: the service that it was signed for
        """
        if configures(service, environ, body):
            self._requests.keep(environ, body)
        elif service == "s3" and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            self._objects.note(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))

    def note_job(self, job: Job) -> None:
        """Keep a job as it is now."""
        self._jobs.save(job, batch.tags_of(job))

    def freeze_jobs(self) -> None:
        """Save no later state of a job: the next server resumes the jobs that this one ends."""
        self._jobs.freeze()

    def close(self) -> None:
        """Save the objects a last time."""
        self._objects.close()
