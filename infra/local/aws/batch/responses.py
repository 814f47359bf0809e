"""The requests of Batch that concern jobs."""

from __future__ import annotations

import json
from typing import Any

from moto.batch.models import batch_backends
from moto.batch.responses import BatchResponse
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.local.aws.batch.backend import LocalBatchBackend
from infra.local.aws.batch.engine import JobEngine
from infra.local.aws.batch.job import Job


class LocalBatchResponse(BatchResponse):
    """moto's responses, but for those that have to do with jobs."""

    @property
    def batch_backend(self) -> LocalBatchBackend:
        """The backend of the request's account and region."""
        backend = batch_backends[self.current_account][self.region]
        if not isinstance(backend, LocalBatchBackend):
            raise TypeError("Batch was used before the embedded AWS replaced moto's")
        return backend

    def registerjobdefinition(self) -> str:
        """RegisterJobDefinition."""
        request = self._request()
        container = request.get("containerProperties") or {}
        self.batch_backend.check_timeout(request.get("timeout") or {})
        self.batch_backend.check_variables(container)
        answer = super().registerjobdefinition()
        self.batch_backend.engine.expect(container, self.region)
        return answer

    def submitjob(self) -> str:
        """SubmitJob."""
        job = self.batch_backend.submit(self._request())
        return json.dumps({"jobId": job.id, "jobName": job.name, "jobArn": job.arn})

    def listjobs(self) -> str:
        """ListJobs."""
        return json.dumps(self.batch_backend.list_summaries(self._request()))

    def _request(self) -> dict[str, Any]:
        request: dict[str, Any] = json.loads(self.body or "{}")
        return request


def restore(jobs: list[tuple[Job, dict[str, str]]]) -> None:
    """Put saved jobs back into their regions, and let the unfinished ones go on.

    :param jobs: with their tags, in the order of their submission
    """
    everything = {job.id: job for job, _ in jobs}
    for job, tags in jobs:
        backend: Any = batch_backends[DEFAULT_ACCOUNT_ID][job.region]
        backend.submitted[job.id] = job
        backend.tag_resource(job.arn, tags)
    LocalBatchBackend.engine.resume(
        (job, [everything[d["jobId"]] for d in job.depends_on if d["jobId"] in everything])
        for job, _ in jobs
        if not job.status.finished
    )


def tags_of(job: Job) -> dict[str, str]:
    """Return the tags of a job."""
    backend = batch_backends[DEFAULT_ACCOUNT_ID][job.region]
    tags: dict[str, str] = backend.list_tags_for_resource(job.arn)
    return tags


def install(engine: JobEngine, least_timeout: int) -> None:
    """Make moto's Batch run jobs on an engine; before Batch is used for the first time.

    :param least_timeout: the shortest ``attemptDurationSeconds`` that is taken
    """
    LocalBatchBackend.engine = engine
    LocalBatchBackend.least_timeout = least_timeout
    LocalBatchBackend.dispatch = LocalBatchResponse.dispatch
    batch_backends.backend = LocalBatchBackend
