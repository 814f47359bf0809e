"""Bugs of the operator, its triggers and the jobs, put back on purpose."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airflow.utils.state import TaskInstanceState
from botocore.config import Config

from emmaa_airflow.aws import client as aws_module
from emmaa_airflow.batch import retries
from emmaa_airflow.batch import submission as submission_module
from emmaa_airflow.batch.claimed_jobs import Claimed
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.outcome import JobOutcome, job_outcome
from emmaa_airflow.batch.submission import Submission, Submitted
from emmaa_airflow.operators import batch as operator_module
from emmaa_airflow.runs.task_states import GONE, task_state
from emmaa_airflow.triggers import batch as trigger_module
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_airflow.triggers.clients import shared_client

Patch = pytest.MonkeyPatch


def random_names(patch: Patch) -> None:
    """Hide the jobs of earlier attempts."""
    identity_of = JobIdentity.of

    def identity(*args: Any, **options: Any) -> JobIdentity:
        found = identity_of(*args, **options)
        return replace(found, task_prefix=found.task_prefix + uuid.uuid4().hex, name=found.name)

    patch.setattr(JobIdentity, "of", identity)


def no_reattachment(patch: Patch) -> None:
    """Submit in every attempt."""

    def ensure(self: Submission) -> Submitted:
        job, name = self._job, self._identity.name
        job_id = self.batch.submit(job, name, self._environment)
        return Submitted(job_id, "SUBMITTED", False, name, job, since=0.0)

    patch.setattr(Submission, "ensure", ensure)


def repeated_submissions(patch: Patch) -> None:
    """Let botocore itself repeat a SubmitJob whose answer was lost."""

    def config(**options: Any) -> Config:
        return Config(**{**options, "retries": {"mode": "adaptive", "max_attempts": 8}})

    patch.setattr(aws_module, "Config", config)


def shutdown_ends_jobs(patch: Patch) -> None:
    """Let a worker's SIGTERM end the job, as in Airflow's own operator."""

    def on_kill(self: Any) -> None:
        if job_id := getattr(self, "job_id", None):
            BatchClient(self._client()).terminate(job_id, "Task killed by the user")

    patch.setattr(operator_module.EmmaaBatchOperator, "on_kill", on_kill)


def deaf_to_kills(patch: Patch) -> None:
    """Leave the job of a task that a person has marked."""
    deaf_triggers(patch)
    patch.setattr(operator_module.EmmaaBatchOperator, "_stop_if_killed", lambda *_: None)
    patch.setattr("emmaa_airflow.batch.orphaned_jobs.OrphanedJobs.end", lambda _: [])


def deaf_triggers(patch: Patch) -> None:
    """End the job only by the watch, some polls later."""

    async def terminate(self: EmmaaBatchTrigger) -> None:
        return None

    patch.setattr(EmmaaBatchTrigger, "_terminate_unless_deferred", terminate)


def only_triggers_kill(patch: Patch) -> None:
    """Leave a marked task's job running if it has no trigger."""
    patch.setattr("emmaa_airflow.batch.orphaned_jobs.OrphanedJobs.end", lambda _: [])


def no_larger_class(patch: Patch) -> None:
    """Fail a job that is short of memory at once."""
    _with_outcome(patch, out_of_memory=False)


def capacity_fails(patch: Patch) -> None:
    """Fail the task of a job for which AWS has no machine."""
    _with_outcome(patch, lacked_capacity=False)


def _with_outcome(patch: Patch, **changed: Any) -> None:
    patch.setattr(trigger_module, "job_outcome", _outcome_with(**changed))


def _outcome_with(**changed: Any) -> Callable[[Any], JobOutcome]:
    return lambda job: replace(job_outcome(job), **changed)


def handover_ends_jobs(patch: Patch) -> None:
    """Let a cancelled trigger always end its job."""

    async def terminate(self: EmmaaBatchTrigger) -> None:
        client = await shared_client("batch", self.region, self.conn_id)
        # The simulation puts its own threads there.
        in_thread = vars(trigger_module)["in_thread"]
        await in_thread(BatchClient(client).terminate, self.job_id, "cancelled")

    patch.setattr(EmmaaBatchTrigger, "_terminate_unless_deferred", terminate)


def no_claims(patch: Patch) -> None:
    """Let a job work without its claim."""
    patch.setattr("emmaa_cycle.claims.hold", lambda *_: "")


def claims_stay(patch: Patch) -> None:
    """Leave a claim with its first job for ever."""
    next_claim = Claimed.next_claim

    def claim(*args: Any) -> Any:
        return replace(next_claim(*args), after="")

    patch.setattr(Claimed, "next_claim", claim)


def dates_are_shared(patch: Patch) -> None:
    """Skip the check for another run on the same date."""
    next_claim = Claimed.next_claim

    def claim(*args: Any) -> Any:
        return replace(next_claim(*args), date="")

    patch.setattr(Claimed, "next_claim", claim)
    patch.setattr(submission_module, "others", lambda *_: [])
    patch.setattr(submission_module, "check_date", lambda *_: None)


def nothing_heals(patch: Patch) -> None:
    """Retry no failure."""
    _with_outcome(patch, heals=False)


def everything_heals(patch: Patch) -> None:
    """Retry every failure."""
    _with_outcome(patch, heals=True)
    patch.setattr("emmaa_airflow.batch.series.job_outcome", _outcome_with(heals=True))


def deaf_to_clears(patch: Patch) -> None:
    """Let a cleared task reattach to its earlier job."""
    identity_of = JobIdentity.of

    def identity(job_name: str, ti: Any, retries: int, **options: Any) -> JobIdentity:
        return identity_of(job_name, ti, ti.max_tries, **options)

    patch.setattr(JobIdentity, "of", identity)


def impatience(patch: Patch) -> None:
    """Give up calls to Batch after a minute."""
    patch.setattr(retries, "PATIENCE_SECONDS", 60.0)


def deaf_to_deletions(patch: Patch) -> None:
    """Let a trigger take a task whose run was deleted for one that waits."""

    def known(*task: Any) -> str | None:
        found = task_state(*task)
        return TaskInstanceState.DEFERRED if found == GONE else found

    patch.setattr(trigger_module, "task_state", known)


def endless_patience(patch: Patch) -> None:
    """Let a trigger wait for its job for as long as the job waits."""

    def endless(self: EmmaaBatchTrigger, **fields: Any) -> None:
        trigger_init(self, **{**fields, "until": None})

    trigger_init = EmmaaBatchTrigger.__init__
    patch.setattr(EmmaaBatchTrigger, "__init__", endless)
