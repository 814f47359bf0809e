"""Siblings of a job: jobs of other runs, for other dates, that must not run beside it.

A model's update builds on the newest state that it finds, so one of two simultaneous updates would
be lost. If two are submitted at the same time, each sees the other when it lists jobs again, and
the one that was created first stays. docs/dags.md says what holds if listings lag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emmaa_airflow.batch.client import CLEARED, BatchClient
from emmaa_airflow.batch.identity import JobIdentity, task_digest_of
from emmaa_airflow.batch.in_flight import JobInFlight, jobs_in_flight, model_of
from emmaa_airflow.batch.outcome import BY_AIRFLOW, FINISHED
from emmaa_airflow.batch.taken_dates import is_own, order
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.origin import Origin

Job = dict[str, Any]


class InFlightError(Exception):
    """A sibling of the job is in flight.

    :param job: the sibling
    """

    def __init__(self, job: JobInFlight) -> None:
        super().__init__(str(job))
        self.job = job


class Rivals:
    """The jobs that may block one job.

    :param batch: the account's jobs
    :param job: the job to submit
    :param environment: its environment, which names its run
    """

    def __init__(
        self,
        batch: BatchClient,
        job: BatchJob,
        identity: JobIdentity,
        environment: Mapping[str, str],
    ) -> None:
        self._batch = batch
        self._job = job
        self._identity = identity
        self._origin = Origin.from_environment(environment)

    def orphans(self, found: Sequence[Job]) -> list[Job]:
        """Find this task's unfinished jobs of another plan: its plan was cleared with it."""
        digest = task_digest_of(self._identity.name)
        mine = (job for job in self._unfinished(found) if task_digest_of(job["jobName"]) == digest)
        return [job for job in mine if not is_own(job, self._identity)]

    def check(self, found: Sequence[Job], *, before: Job | None = None) -> None:
        """Check that no sibling is in flight.

        :param found: summaries of the existing jobs
        :param before: if given, only jobs created before this job block it
        :raises InFlightError: if a sibling is in flight; the message names it.
        """
        unfinished = self._unfinished(found) if self._job.siblings else []
        self._check_siblings(
            [job for job in unfinished if before is None or order(job) < order(before)]
        )

    def check_again(self, found: Sequence[Job], job_id: str) -> None:
        """Check again after the submission, and end the job if it was second.

        :raises InFlightError: as :meth:`check`
        """
        own = next((job for job in found if job["jobId"] == job_id), None)
        others = [job for job in found if job["jobId"] != job_id]
        try:
            self.check(others, before=own)
        except InFlightError as error:
            self._batch.terminate(job_id, f"{BY_AIRFLOW}{error.job.name} is in flight")
            raise

    def _check_siblings(self, others: Sequence[Job]) -> None:
        digest = task_digest_of(self._identity.name)
        ids = [
            job["jobId"]
            for job in others
            if task_digest_of(job["jobName"]) not in ("", digest)
            and job["jobName"].lower().startswith(self._job.siblings.lower())
        ]
        own = self._job.tags
        for rival in jobs_in_flight(self._batch, ids):
            # Names with a digest may share a prefix; the model's own name is unique.
            if (rival.purpose, rival.model) != (own.get("purpose"), self._model):
                continue
            if rival.run_id and (rival.dag_id, rival.run_id) == self._run:
                self._batch.terminate(rival.job_id, CLEARED)  # its list of models was cleared
                continue
            raise InFlightError(rival)

    @property
    def _run(self) -> tuple[str, str]:
        return self._origin.dag_id, self._origin.run_id

    @property
    def _model(self) -> str:
        return model_of(self._job.command)

    @staticmethod
    def _unfinished(found: Sequence[Job]) -> list[Job]:
        return [job for job in found if job["status"] not in FINISHED]
