"""moto's Batch backend with jobs that run."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.batch import urls as moto_urls
from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, JobDefinition, JobQueue
from moto.batch.utils import make_arn_for_job
from moto.moto_api._internal import mock_random

from infra.local.aws.batch.description import describe, summarize
from infra.local.aws.batch.engine import JobEngine
from infra.local.aws.batch.job import Definition, Job, Queue, Stop
from infra.local.aws.batch.listing import ListingError, list_jobs
from infra.local.aws.batch.retry import RetryStrategy

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_MAX_DEPENDENCIES = 20
_MAX_DESCRIBED = 100


class LocalBatchBackend(BatchBackend):
    """The Batch of one region; all regions share one engine and its slots."""

    engine: ClassVar[JobEngine]
    #: Serves the requests; set with the engine.
    dispatch: ClassVar[Any]
    #: The shortest timeout that is taken, seconds.
    least_timeout: ClassVar[int]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.submitted: dict[str, Job] = {}

    def reset(self) -> None:
        """End all jobs and forget everything."""
        for job in list(self.submitted.values()):
            self.engine.stop(job, Stop("AWS was reset", cancel=False))
        super().reset()

    def submit(self, request: dict[str, Any]) -> Job:
        """Take a SubmitJob request.

        :raises ClientException: naming what Batch would refuse, or the embedded one cannot run.
        """
        name = str(request.get("jobName", ""))
        if not _NAME.fullmatch(name):
            raise ClientException(f"jobName {name!r} must match {_NAME.pattern}")
        if "arrayProperties" in request:
            raise ClientException("the embedded AWS runs no array jobs")
        queue = self._enabled_queue(str(request.get("jobQueue", "")))
        definition = self._active_definition(str(request.get("jobDefinition", "")))
        job = self._job(request, name, queue, definition)
        dependencies = self._dependencies(job)
        with self.engine.lock:
            self.tag_resource(job.arn, request.get("tags") or {})
            self.submitted[job.id] = job
            self.engine.submit(job, dependencies)
        return job

    def describe_jobs(self, jobs: list[str] | None) -> list[dict[str, Any]]:
        """Return the jobs of these ids or ARNs; others are left out."""
        wanted = [identifier.rpartition("/")[2] for identifier in jobs or []]
        if len(wanted) > _MAX_DESCRIBED:
            raise ClientException(f"jobs has more than {_MAX_DESCRIBED} items")
        with self.engine.lock:
            found = [self.submitted[job_id] for job_id in wanted if job_id in self.submitted]
            return [describe(job, self.list_tags_for_resource(job.arn)) for job in found]

    def list_summaries(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a ListJobs request."""
        queue = self._queue(str(request.get("jobQueue", "")))
        with self.engine.lock:
            jobs = [job for job in self.submitted.values() if job.queue.arn == queue.arn]
            try:
                page = list_jobs(
                    jobs,
                    status=request.get("jobStatus"),
                    filters=request.get("filters"),
                    max_results=request.get("maxResults"),
                    token=request.get("nextToken"),
                )
            except ListingError as error:
                raise ClientException(str(error)) from error
            answer: dict[str, Any] = {"jobSummaryList": [summarize(job) for job in page.jobs]}
        return answer | ({"nextToken": page.next_token} if page.next_token else {})

    def cancel_job(self, job_id: str, reason: str) -> None:
        """End a job that has not started."""
        self._stop(job_id, Stop(reason, cancel=True))

    def terminate_job(self, job_id: str, reason: str) -> None:
        """End a job."""
        self._stop(job_id, Stop(reason, cancel=False))

    @property
    def _url_module(self) -> Any:
        paths = dict.fromkeys(moto_urls.url_paths, self.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    def check_timeout(self, timeout: dict[str, Any]) -> None:
        """Take the ``timeout`` of a request.

        :raises ClientException: if Batch would refuse it.
        """
        seconds = timeout.get("attemptDurationSeconds")
        if seconds is not None and seconds < self.least_timeout:
            raise ClientException(
                f"timeout: attemptDurationSeconds {seconds} must be {self.least_timeout} or more"
            )

    def check_variables(self, source: dict[str, Any]) -> None:
        """Take the ``environment`` of container properties, or of overrides.

        :raises ClientException: if a variable has no name.
        """
        for number, item in enumerate(source.get("environment") or []):
            if not item.get("name"):
                raise ClientException(f"environment: variable {number} has no name")

    def _stop(self, job_id: str, stop: Stop) -> None:
        if not job_id or not stop.reason:
            raise ClientException("jobId and reason must not be empty")
        job = self.submitted.get(job_id.rpartition("/")[2])
        if job is not None:
            self.engine.stop(job, stop)

    def _queue(self, identifier: str) -> JobQueue:
        queue = self.get_job_queue(identifier)
        if queue is None:
            raise ClientException(f"Job queue {identifier!r} does not exist")
        return queue

    def _enabled_queue(self, identifier: str) -> JobQueue:
        queue = self._queue(identifier)
        if queue.state != "ENABLED":
            raise ClientException(f"Job queue {queue.name!r} is {queue.state}")
        return queue

    def _active_definition(self, identifier: str) -> JobDefinition:
        definition = self.get_job_definition(identifier)
        if definition is None or definition.status != "ACTIVE":
            raise ClientException(f"Job definition {identifier!r} does not exist or is INACTIVE")
        if definition.container_properties is None:
            raise ClientException("the embedded AWS runs jobs of containerProperties alone")
        return definition

    def _job(
        self, request: dict[str, Any], name: str, queue: JobQueue, definition: JobDefinition
    ) -> Job:
        job_id = str(mock_random.uuid4())
        retry = request.get("retryStrategy") or definition.retry_strategy
        timeout = request.get("timeout") or definition.timeout or {}
        self.check_timeout(timeout)
        overrides = request.get("containerOverrides") or {}
        self.check_variables(overrides)
        container = definition.container_properties or {}
        try:
            strategy = RetryStrategy.from_request(dict(retry or {}))
        except ValueError as error:
            raise ClientException(str(error)) from error
        return Job(
            id=job_id,
            arn=make_arn_for_job(self.account_id, job_id, self.region_name),
            name=name,
            region=self.region_name,
            queue=Queue(queue.arn, queue.name, queue.environments[0].name),
            definition=Definition(definition.arn, definition.name, container),
            retry_strategy=strategy,
            overrides=overrides,
            parameters={**definition.parameters, **(request.get("parameters") or {})},
            depends_on=request.get("dependsOn") or [],
            timeout_seconds=timeout.get("attemptDurationSeconds"),
            propagate_tags=bool(request.get("propagateTags", definition.propagate_tags)),
        )

    def _dependencies(self, job: Job) -> list[Job]:
        if len(job.depends_on) > _MAX_DEPENDENCIES:
            raise ClientException(f"dependsOn has more than {_MAX_DEPENDENCIES} items")
        identifiers = [str(item.get("jobId", "")) for item in job.depends_on]
        for identifier in identifiers:
            if identifier not in self.submitted:
                raise ClientException(f"dependsOn names {identifier!r}, which is not a job")
        return [self.submitted[identifier] for identifier in identifiers]
