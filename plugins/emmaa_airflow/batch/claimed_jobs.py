"""The jobs that hold the claims on their series (:mod:`emmaa_cycle.claims`).

A claim identifies the working job even if listings lag: S3 is consistent, and DescribeJobs finds a
job by its id. So an attempt continues with the job that holds the claim, and submits another one
only after that job has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.batch.identity import JobIdentity, task_digest_of
from emmaa_airflow.batch.outcome import FAILED
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.claims import Claim, series_key

Job = dict[str, Any]
#: Batch shows an ended job for seven days. A job that it does not know is considered too new to be
#: shown, unless the claim is older than this.
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Claimed:
    """The jobs that hold the claims on a series.

    :param holders: their summaries, except for jobs that Batch has forgotten
    :param ended: the ended job that holds the claim, by the name of its series
    """

    holders: list[Job] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)

    def before(self, listed: list[Job]) -> list[Job]:
        """Return all jobs, holders of a claim first: no other job of their series works."""
        ids = {job["jobId"] for job in self.holders}
        return [*self.holders, *(job for job in listed if job["jobId"] not in ids)]

    def next_claim(self, job: BatchJob, name: str) -> Claim:
        """Return the claim that a new job must take before it works.

        :param name: the name of its series
        """
        date, task = (job.name, task_digest_of(name)) if job.exclusive else ("", "")
        return Claim(name, self.ended.get(name, ""), date, task)


class ClaimReader:
    """Reads the claims that jobs have written.

    :param reader: the bucket
    """

    def __init__(self, reader: BucketReader) -> None:
        self._reader = reader

    def claimed(
        self, identity: JobIdentity, listed: list[Job], describe: Callable[[str], Job | None]
    ) -> Claimed:
        """Return the jobs that hold the claims on a series.

        :param listed: the task's jobs in ListJobs
        :param describe: DescribeJobs for one id; None if Batch does not know it
        """
        found = Claimed()
        for name in (identity.name, identity.larger_name):
            written = self._reader.text(series_key(name))
            if written is None:
                continue
            job_id, written_at = written
            job = next((job for job in listed if job["jobId"] == job_id), None) or describe(job_id)
            if job is None and datetime.now(UTC) - written_at < FORGOTTEN_AFTER:
                job = {"jobId": job_id, "jobName": name, "status": "RUNNING"}
            if job is not None:
                found.holders.append(job)
            if job is None or job["status"] == FAILED:
                found.ended[name] = job_id
        return found
