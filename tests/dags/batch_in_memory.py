"""Batch without a server, with the faults and the rivals that a test chooses."""

from __future__ import annotations

from typing import Any

from emmaa_airflow.batch.identity import JobIdentity
from tests.dags.jobs_on_batch import Job

#: The task whose jobs are looked for.
WHO = JobIdentity("job-0123456789ab-", "job-0123456789ab-0")


class BatchInMemory:
    """A client of Batch whose jobs are in memory.

    :param jobs: the existing jobs' summaries
    :param faults: the errors of SubmitJob calls in order; None means no error
    :param taken: whether a failed SubmitJob call has made a job nevertheless
    :param page: how many jobs a listing shows at once
    """

    def __init__(
        self,
        *jobs: Job,
        faults: tuple[Exception | None, ...] = (),
        taken: bool = False,
        page: int = 100,
    ) -> None:
        self.jobs = list(jobs)
        self.faults = list(faults)
        self.taken = taken
        self.page = page
        self.submitted = 0
        self.terminated: list[str] = []
        self.environments: list[dict[str, str]] = []
        self.listed: list[str] = []

    def list_jobs(
        self, jobQueue: str, filters: Any, nextToken: str = "0", **query: Any
    ) -> dict[str, Any]:
        self.listed.append(jobQueue)
        (prefix,) = filters[0]["values"]
        in_queue = [job for job in self.jobs if job.get("queue", jobQueue) == jobQueue]
        found = [job for job in in_queue if job["jobName"].startswith(prefix[:-1])]
        end = int(nextToken) + self.page
        shown = {"jobSummaryList": found[int(nextToken) : end]}
        return {**shown, "nextToken": str(end)} if end < len(found) else shown

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [job for job in self.jobs if job["jobId"] in jobs]}

    def submit_job(self, jobName: str, **request: Any) -> dict[str, Any]:
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.taken:
            self.submitted += 1
            queue = request["jobQueue"]
            new = summary(jobName, f"new-{self.submitted}", created=1000, queue=queue)
            variables = request["containerOverrides"]["environment"]
            self.environments.append({each["name"]: each["value"] for each in variables})
            self.jobs.append(new)
        if fault is not None:
            raise fault
        return {"jobId": f"new-{self.submitted}"}

    def terminate_job(self, jobId: str, reason: str) -> None:
        self.terminated.append(jobId)


def summary(name: str, job_id: str, status: str = "RUNNING", created: int = 0, **more: Any) -> Job:
    """Return a job as ListJobs lists it.

    :param created: when, in milliseconds
    """
    return {"jobName": name, "jobId": job_id, "status": status, "createdAt": created, **more}
