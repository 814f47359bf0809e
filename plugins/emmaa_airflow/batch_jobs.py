"""AWS Batch, as far as the operator uses it: find, submit, end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_airflow.job_identity import JobIdentity
from emmaa_cycle.batch_job import BatchJob

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
FINISHED = frozenset({SUCCEEDED, FAILED})

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """A job that Batch knows.

    :param reattached: whether an earlier attempt of the task had submitted it
    """

    job_id: str
    status: str
    reattached: bool


class BatchJobs:
    """The account's jobs.

    :param client: a boto3 Batch client
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    def ensure(
        self, job: BatchJob, identity: JobIdentity, environment: Mapping[str, str]
    ) -> Submitted:
        """The one job of this identity: the one that is there, else a new one.

        A failed job is not taken up again. Jobs of earlier series that still run are ended: the
        task was cleared, and its old job must not work beside the new one.
        """
        alive = None
        for found in self._of_task(job.queue, identity):
            if found["jobName"].lower() == identity.name.lower():
                alive = alive or (found if found["status"] != FAILED else None)
            elif found["status"] not in FINISHED:
                self.terminate(found["jobId"], "Its Airflow task was cleared and runs anew")
        if alive:
            return Submitted(alive["jobId"], alive["status"], reattached=True)
        return Submitted(self.submit(job, identity.name, environment), "SUBMITTED", False)

    def submit(self, job: BatchJob, name: str, environment: Mapping[str, str]) -> str:
        """Submit a job and return its id.

        Retry strategy, timeout and resources stay those of the job definition.
        """
        answer = self.client.submit_job(
            jobName=name,
            jobQueue=job.queue,
            jobDefinition=job.definition,
            containerOverrides={
                "command": job.command,
                "environment": [{"name": k, "value": v} for k, v in environment.items()],
            },
            tags=dict(job.tags),
            propagateTags=True,
        )
        job_id: str = answer["jobId"]
        return job_id

    def terminate(self, job_id: str, reason: str) -> None:
        """End a job, whether it waits or runs; a finished job stays as it is."""
        logger.info("Terminating Batch job %s: %s", job_id, reason)
        self.client.terminate_job(jobId=job_id, reason=reason)

    def describe(self, job_ids: list[str]) -> list[dict[str, Any]]:
        """What Batch knows of at most 100 jobs; unknown ids are left out."""
        jobs: list[dict[str, Any]] = self.client.describe_jobs(jobs=job_ids)["jobs"]
        return jobs

    def _of_task(self, queue: str, identity: JobIdentity) -> Iterator[dict[str, Any]]:
        """All jobs of a task instance, newest first; a name filter covers every status."""
        query: dict[str, Any] = {
            "jobQueue": queue,
            "filters": [{"name": "JOB_NAME", "values": [identity.task_prefix + "*"]}],
        }
        jobs: list[dict[str, Any]] = []
        while True:
            page = self.client.list_jobs(**query)
            jobs += page["jobSummaryList"]
            if not page.get("nextToken"):
                break
            query["nextToken"] = page["nextToken"]
        return iter(sorted(jobs, key=lambda job: job.get("createdAt", 0), reverse=True))
