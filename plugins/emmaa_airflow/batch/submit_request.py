"""The request that submits a planned job to AWS Batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.resources import RETRY_STRATEGY
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE


def submit_request(job: BatchJob, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of SubmitJob; what the job does not say is its definition's."""
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
