"""The calls to AWS Batch: list, describe, submit and terminate jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from emmaa_airflow.batch.outcome import BY_AIRFLOW
from emmaa_airflow.batch.retries import patiently, was_not_done
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.resources import RETRY_STRATEGY
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE

Job = dict[str, Any]
#: Reasons for which jobs are terminated.
KILLED = BY_AIRFLOW + "its task was killed"
CLEARED = BY_AIRFLOW + "its task was cleared and runs again"
SECOND_JOB = BY_AIRFLOW + "another job of its task does its work"

logger = logging.getLogger(__name__)


class BatchClient:
    """The account's jobs. All calls but :meth:`describe` wait while AWS throttles.

    :param client: a boto3 Batch client without retries
    :param pace: called before each ListJobs; it may wait
    """

    def __init__(self, client: Any, pace: Callable[[], None] = lambda: None) -> None:
        self.client = client
        self._pace = pace

    def submit(self, job: BatchJob, name: str, environment: Mapping[str, str]) -> str:
        """Submit a job and return its id.

        :raises ClientError: if AWS refuses it, or reports a fault and may have accepted it
        :raises BotoCoreError: if the answer was lost
        """
        request = _submit_request(job, name, environment)
        answer = patiently(lambda: self.client.submit_job(**request), was_not_done)
        job_id: str = answer["jobId"]
        return job_id

    def terminate(self, job_id: str, reason: str) -> None:
        """End a waiting or running job; a finished job does not change."""
        logger.info("Terminating Batch job %s: %s", job_id, reason)
        patiently(lambda: self.client.terminate_job(jobId=job_id, reason=reason))

    def describe(self, job_ids: list[str]) -> list[Job]:
        """Describe at most 100 jobs in one call without retries; leave out unknown ids."""
        jobs: list[Job] = self.client.describe_jobs(jobs=job_ids)["jobs"]
        return jobs

    def describe_one(self, job_id: str) -> Job | None:
        """Describe one job; None if Batch does not know it."""
        return next(iter(patiently(lambda: self.describe([job_id]))), None)

    def named(self, queue: str, prefix: str) -> list[Job]:
        """List all jobs of a queue whose names begin with a prefix, newest first.

        A filter by name covers every status.
        """
        name = {"name": "JOB_NAME", "values": [prefix + "*"]}
        return newest_first(self._listed(jobQueue=queue, filters=[name]))

    def in_status(self, queue: str, status: str) -> list[Job]:
        """List all jobs of a queue that are in a status."""
        return self._listed(jobQueue=queue, jobStatus=status)

    def _listed(self, **query: Any) -> list[Job]:
        jobs: list[Job] = []
        while True:
            self._pace()
            page = patiently(lambda: self.client.list_jobs(**query))
            jobs += page["jobSummaryList"]
            if not page.get("nextToken"):
                return jobs
            query["nextToken"] = page["nextToken"]


def newest_first(jobs: list[Job]) -> list[Job]:
    """Sort the summaries of jobs by submission time, newest first."""
    return sorted(jobs, key=lambda job: job.get("createdAt", 0), reverse=True)


def _submit_request(job: BatchJob, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of SubmitJob; the job definition supplies the rest."""
    variables = {**environment, DEFINITION_VARIABLE: job.definition}
    request: dict[str, Any] = {
        "jobName": name,
        "jobQueue": job.queue,
        "jobDefinition": job.definition,
        "containerOverrides": {
            "command": job.command,
            "environment": [{"name": k, "value": v} for k, v in variables.items()],
        },
        "tags": dict(job.tags),
        "propagateTags": True,
    }
    if job.timeout_seconds is not None:
        request["timeout"] = {"attemptDurationSeconds": job.timeout_seconds}
    if job.attempts is not None:
        request["retryStrategy"] = RETRY_STRATEGY.to_request(job.attempts)
    return request
