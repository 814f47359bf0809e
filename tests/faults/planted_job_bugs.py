"""Bugs of the operator, its triggers and the jobs, put back on purpose."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from botocore.config import Config

from emmaa_airflow import aws as aws_module
from emmaa_airflow import job_outcome as emmaa_job_outcome
from emmaa_airflow.batch_jobs import BatchJobs, Submitted
from emmaa_airflow.job_identity import JobIdentity, job_identity
from emmaa_airflow.operators import batch as operator_module
from emmaa_airflow.triggers import batch as trigger_module
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger

Patch = pytest.MonkeyPatch


def random_names(patch: Patch) -> None:
    """No attempt finds the job of an earlier one."""

    def identity(*args: Any) -> JobIdentity:
        found = job_identity(*args)
        return replace(found, task_prefix=found.task_prefix + uuid.uuid4().hex, name=found.name)

    patch.setattr(operator_module, "job_identity", identity)


def no_reattachment(patch: Patch) -> None:
    """Every attempt submits."""

    def ensure(self: BatchJobs, job: Any, who: JobIdentity, env: Any, **_: Any) -> Submitted:
        return Submitted(self.submit(job, who.name, env), "SUBMITTED", False, who.name)

    patch.setattr(BatchJobs, "ensure", ensure)


def repeated_submissions(patch: Patch) -> None:
    """botocore itself repeats a SubmitJob whose answer was lost."""

    def config(**options: Any) -> Config:
        return Config(**{**options, "retries": {"mode": "adaptive", "max_attempts": 8}})

    patch.setattr(aws_module, "Config", config)


def shutdown_ends_jobs(patch: Patch) -> None:
    """A worker's SIGTERM ends the job, as in Airflow's own operator."""

    def on_kill(self: Any) -> None:
        if job_id := getattr(self, "job_id", None):
            BatchJobs(self._client()).terminate(job_id, "Task killed by the user")

    patch.setattr(operator_module.EmmaaBatchOperator, "on_kill", on_kill)


def deaf_to_kills(patch: Patch) -> None:
    """Nobody ends the job of a task that a person has marked."""
    deaf_triggers(patch)
    patch.setattr(operator_module.EmmaaBatchOperator, "_stop_if_killed", lambda *_: None)
    patch.setattr("emmaa_airflow.stray_jobs.StrayJobs.end", lambda _: [])


def deaf_triggers(patch: Patch) -> None:
    """A kill is heard by the watch alone, some polls later."""

    async def terminate(self: EmmaaBatchTrigger) -> None:
        return None

    patch.setattr(EmmaaBatchTrigger, "_terminate_unless_deferred", terminate)


def only_triggers_kill(patch: Patch) -> None:
    """A kill is lost where no trigger is there to hear of it."""
    patch.setattr("emmaa_airflow.stray_jobs.StrayJobs.end", lambda _: [])


def no_larger_class(patch: Patch) -> None:
    """What was short of memory fails for good."""
    _with_outcome(patch, out_of_memory=False)


def _with_outcome(patch: Patch, **changed: Any) -> None:
    outcome = emmaa_job_outcome.job_outcome
    patch.setattr(trigger_module, "job_outcome", lambda job: replace(outcome(job), **changed))
