"""Tests of the SubmitJob request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

from emmaa_airflow.batch.client import BatchClient
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE
from tests.dags.jobs_on_batch import TARGET, job


def submitted(planned: BatchJob, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Submit a job and return the arguments of the call."""
    client = Mock(submit_job=Mock(return_value={"jobId": "1"}))
    assert BatchClient(client).submit(planned, name, environment) == "1"
    arguments: dict[str, Any] = client.submit_job.call_args.kwargs
    return arguments


def test_a_job_is_submitted_as_planned() -> None:
    """With its tags, which its ECS task gets too: costs are split by them."""
    planned = replace(job("a b"), tags={"model": "m", "purpose": "p"})
    assert submitted(planned, "name-0", {"EMMAA_RUN_ID": "run"}) == {
        "jobName": "name-0",
        "jobQueue": TARGET.queue,
        "jobDefinition": TARGET.definition,
        "containerOverrides": {
            "command": planned.command,
            "environment": [
                {"name": "EMMAA_RUN_ID", "value": "run"},
                {"name": DEFINITION_VARIABLE, "value": TARGET.definition},
            ],
        },
        "tags": {"model": "m", "purpose": "p"},
        "propagateTags": True,
    }


def test_limits_of_its_own_go_before_those_of_its_definition() -> None:
    request = submitted(replace(job(), timeout_seconds=60, attempts=7), "name", {})
    assert request["timeout"] == {"attemptDurationSeconds": 60}
    assert request["retryStrategy"] == {
        "attempts": 7,
        "evaluateOnExit": [
            {"onStatusReason": "Host EC2*", "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"},
        ],
    }
