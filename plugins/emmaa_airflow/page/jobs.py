"""The states of Batch jobs, for the tasks that wait for them: Airflow calls both states running."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from emmaa_airflow.batch.in_flight import JobInFlight
from emmaa_cycle.printable import printable_line

#: Jobs of one request, which is what DescribeJobs takes.
MAX_JOBS = 100
#: A job's state is asked for again after this time, however many people look.
_KEEP_SECONDS = 15
_KEPT = 2_000
_TEXT_LENGTH = 300


@dataclass(frozen=True)
class JobState:
    """The state of one job.

    :param status: Batch's, such as ``RUNNABLE``
    :param reason: Batch's ``statusReason``; empty where it gives none
    """

    status: str
    reason: str


class Jobs:
    """The jobs of the deployment's own queues. Threads may share it.

    :param queues: names of the queues; jobs of others are not shown
    """

    def __init__(
        self,
        client: Any,
        queues: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._queues = queues
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, tuple[float, JobState | None]] = {}

    def states(self, ids: Sequence[str]) -> dict[str, JobState]:
        """Return the states of jobs by id, without those that Batch does not know.

        :raises botocore.exceptions.ClientError: if Batch refuses.
        """
        with self._lock:
            now = self._clock()
            known = {
                job_id: kept
                for job_id, kept in self._known.items()
                if now - kept[0] < _KEEP_SECONDS
            }
            wanted = [job_id for job_id in dict.fromkeys(ids[:MAX_JOBS]) if job_id not in known]
            if wanted:
                found = self._described(wanted)
                known |= {job_id: (now, found.get(job_id)) for job_id in wanted}
            self._known = dict(list(known.items())[-_KEPT:])
        return {job_id: state for job_id in ids if (state := known.get(job_id, (0.0, None))[1])}

    def _described(self, ids: Sequence[str]) -> dict[str, JobState]:
        jobs = self._client.describe_jobs(jobs=list(ids))["jobs"]
        mine = [job for job in jobs if job["jobQueue"].rpartition("/")[2] in self._queues]
        return {
            job.job_id: JobState(job.status, printable_line(job.reason, _TEXT_LENGTH))
            for job in map(JobInFlight.of, mine)
        }
