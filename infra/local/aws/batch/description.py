"""Jobs as DescribeJobs and ListJobs show them."""

from __future__ import annotations

from typing import Any

from infra.local.aws.batch.job import Attempt, Job

_COPIED = (
    "image",
    "jobRoleArn",
    "executionRoleArn",
    "volumes",
    "mountPoints",
    "readonlyRootFilesystem",
    "privileged",
    "ulimits",
    "secrets",
)


def summarize(job: Job) -> dict[str, Any]:
    """Return the ``JobSummary`` of ListJobs."""
    last = job.attempts[-1] if job.attempts else None
    summary: dict[str, Any] = {
        "jobArn": job.arn,
        "jobId": job.id,
        "jobName": job.name,
        "jobDefinition": job.definition.arn,
        "status": job.status.value,
        "createdAt": job.created_at,
        "statusReason": job.status_reason,
        "startedAt": last.started_at if last else None,
        "stoppedAt": job.stopped_at,
    }
    if last and last.stopped_at:
        summary["container"] = _present({"exitCode": last.exit_code, "reason": last.reason})
    return _present(summary)


def describe(job: Job, tags: dict[str, str]) -> dict[str, Any]:
    """Return the ``JobDetail`` of DescribeJobs.

    :param tags: those of the job itself
    """
    detail = {
        **summarize(job),
        "jobQueue": job.queue.arn,
        "dependsOn": job.depends_on,
        "parameters": job.parameters,
        "retryStrategy": job.retry_strategy.to_response(),
        "attempts": [_attempt(attempt) for attempt in job.attempts if attempt.stopped_at],
        "container": _container(job),
        "propagateTags": job.propagate_tags,
        "tags": tags,
        "isCancelled": bool(job.stop and job.stop.cancel),
        "isTerminated": bool(job.stop and not job.stop.cancel),
    }
    if job.timeout_seconds is not None:
        detail["timeout"] = {"attemptDurationSeconds": job.timeout_seconds}
    return detail


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return _present(
        {
            "container": {
                **_present({"exitCode": attempt.exit_code, "reason": attempt.reason}),
                "logStreamName": attempt.log_stream,
                "networkInterfaces": [],
            },
            "startedAt": attempt.started_at,
            "stoppedAt": attempt.stopped_at,
            "statusReason": attempt.status_reason,
        }
    )


def _container(job: Job) -> dict[str, Any]:
    defined, overrides = job.definition.container, job.overrides
    last = job.attempts[-1] if job.attempts else None
    requirements = _requirements(defined, overrides)
    container = {
        **{name: defined[name] for name in _COPIED if name in defined},
        "command": overrides.get("command") or defined.get("command") or [],
        "environment": [{"name": n, "value": v} for n, v in job.environment.items()],
        "resourceRequirements": [{"type": t, "value": v} for t, v in requirements.items()],
        "vcpus": overrides.get("vcpus", defined.get("vcpus")),
        "memory": overrides.get("memory", defined.get("memory")),
        "networkInterfaces": [],
        "logStreamName": last.log_stream if last else None,
        "exitCode": last.exit_code if last else None,
        "reason": last.reason if last else None,
    }
    return _present(container)


def _requirements(defined: dict[str, Any], overrides: dict[str, Any]) -> dict[str, str]:
    return {
        item["type"]: item["value"]
        for source in (defined, overrides)
        for item in source.get("resourceRequirements", [])
    }


def _present(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}
