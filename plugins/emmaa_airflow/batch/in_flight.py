"""Unfinished jobs: the model of each, the run that submitted it, and its state."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import origin_of, task_digest_of
from emmaa_airflow.batch.outcome import FINISHED, UNFINISHED
from emmaa_airflow.batch.retries import patiently
from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.stages import STAGES, Stage

_DESCRIBED_AT_ONCE = 100
_UPDATE = STAGES[Stage.MODEL_UPDATE]


@dataclass(frozen=True)
class JobInFlight:
    """An unfinished job.

    :param reason: Batch's ``statusReason``; empty where Batch gives none
    :param model: its model; empty if it has none
    :param purpose: the stage's purpose, from the job's tag
    :param dag_id: the DAG of the run that submitted it; empty if no run did
    """

    job_id: str
    name: str
    status: str
    reason: str
    model: str = ""
    purpose: str = ""
    dag_id: str = ""
    run_id: str = ""

    @classmethod
    def of(cls, job: dict[str, Any]) -> JobInFlight:
        """Read a job from DescribeJobs."""
        origin = _origin(job)
        return cls(
            job_id=job["jobId"],
            name=job["jobName"],
            status=job["status"],
            reason=job.get("statusReason") or "",
            model=model_of(job.get("container", {}).get("command", [])),
            purpose=job.get("tags", {}).get("purpose", ""),
            dag_id=origin.dag_id,
            run_id=origin.run_id,
        )

    def __str__(self) -> str:
        run = f"of run {self.run_id} " if self.run_id else ""
        reason = self.reason or "Batch gives no reason"
        return f"Batch job {self.name} ({self.job_id}) {run}is {self.status} ({reason})"


def jobs_in_flight(batch: BatchClient, job_ids: Sequence[str]) -> list[JobInFlight]:
    """Describe the unfinished ones among some jobs."""
    starts = range(0, len(job_ids), _DESCRIBED_AT_ONCE)
    chunks = [list(job_ids[start : start + _DESCRIBED_AT_ONCE]) for start in starts]
    return [
        JobInFlight.of(job)
        for chunk in chunks
        for job in patiently(functools.partial(batch.describe, chunk))
        if job["status"] not in FINISHED
    ]


def updates_in_flight(batch: BatchClient, queues: Iterable[str]) -> dict[str, JobInFlight]:
    """Find the model update that is in flight for each model.

    This takes five listings per queue, and one description per hundred updates.
    """
    mark = _UPDATE.job_name.format(model="", date="")
    ids = [
        job["jobId"]
        for queue in sorted(set(queues))
        for status in UNFINISHED
        for job in batch.in_status(queue, status)
        if mark in job["jobName"] and task_digest_of(job["jobName"])
    ]
    found = jobs_in_flight(batch, ids)
    return {job.model: job for job in found if job.purpose == _UPDATE.purpose}


def _origin(job: dict[str, Any]) -> Origin:
    try:
        return origin_of(job)
    except InputError:  # a person's copy of a job, with a wrong EMMAA_NOTIFY
        return Origin()


def model_of(command: Sequence[str]) -> str:
    """Return the argument of ``--model``; a launcher may have put all arguments in one item."""
    words = list(command) if "--model" in command else " ".join(command).split()
    return words[words.index("--model") + 1] if "--model" in words[:-1] else ""
