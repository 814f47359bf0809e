"""Compute environments, queues and job definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.resources import (
    BATCH_SERVICE_ROLE,
    JOB_DEFINITIONS,
    JOB_IMAGE,
    JOB_QUEUES,
    JOB_ROLE,
    MAIL_JOB_ROLE,
    RETRY_STRATEGY,
    JobDefinition,
    JobQueue,
)
from infra.local.provisioning.access import Roles
from infra.local.provisioning.account import Account


def provide_batch(account: Account, roles: Roles, environment: Mapping[str, str]) -> None:
    """Make all of Batch that jobs need.

    :param environment: the variables of every job
    """
    _provide_queues(account, roles)
    _provide_definitions(account, roles, environment)


def _provide_queues(account: Account, roles: Roles) -> None:
    """Make the queues, each with the compute environment that serves it."""
    batch = account.client("batch")
    described = batch.describe_compute_environments()["computeEnvironments"]
    environments = {environment["computeEnvironmentName"] for environment in described}
    queues = {queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]}
    for queue in JOB_QUEUES:
        if queue.compute_environment not in environments:
            _create_environment(account, batch, queue, roles)
        if queue.name not in queues:
            order = {"order": 1, "computeEnvironment": queue.compute_environment}
            batch.create_job_queue(
                jobQueueName=queue.name,
                state="ENABLED",
                priority=1,
                computeEnvironmentOrder=[order],
            )


def _provide_definitions(account: Account, roles: Roles, environment: Mapping[str, str]) -> None:
    """Register the job definitions whose newest revision is not as it should be."""
    batch = account.client("batch")
    for definition in JOB_DEFINITIONS:
        wanted = _definition(definition, roles, environment)
        if not _is_registered(batch, wanted):
            batch.register_job_definition(**wanted)


def _create_environment(account: Account, batch: Any, queue: JobQueue, roles: Roles) -> None:
    ec2 = account.client("ec2")
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = ec2.describe_subnets(Filters=default)["Subnets"]
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "group-name", "Values": ["default"]},
            {"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]},
        ]
    )["SecurityGroups"]
    batch.create_compute_environment(
        computeEnvironmentName=queue.compute_environment,
        type="MANAGED",
        state="ENABLED",
        serviceRole=roles.arns[BATCH_SERVICE_ROLE],
        computeResources={
            "type": "EC2",
            "minvCpus": 0,
            "maxvCpus": queue.max_vcpus,
            "instanceTypes": ["optimal"],
            "instanceRole": roles.instance_profile,
            "subnets": [subnet["SubnetId"] for subnet in subnets],
            "securityGroupIds": [group["GroupId"] for group in groups],
        },
    )


def _definition(
    definition: JobDefinition, roles: Roles, environment: Mapping[str, str]
) -> dict[str, Any]:
    role = MAIL_JOB_ROLE if definition.may_send_mail else JOB_ROLE
    return {
        "jobDefinitionName": definition.name,
        "type": "container",
        "retryStrategy": RETRY_STRATEGY.to_request(),
        "timeout": {"attemptDurationSeconds": definition.timeout_seconds},
        "containerProperties": {
            "image": f"{JOB_IMAGE}:local",
            "jobRoleArn": roles.arns[role],
            "resourceRequirements": [
                {"type": "MEMORY", "value": str(definition.memory_mib)},
                {"type": "VCPU", "value": str(definition.vcpus)},
            ],
            # Batch drops variables without a value.
            "environment": [{"name": n, "value": v} for n, v in environment.items() if v],
        },
    }


def _is_registered(batch: Any, wanted: dict[str, Any]) -> bool:
    revisions = batch.describe_job_definitions(
        jobDefinitionName=wanted["jobDefinitionName"], status="ACTIVE"
    )["jobDefinitions"]
    if not revisions:
        return False
    newest = max(revisions, key=lambda revision: int(revision["revision"]))
    for rule in newest["retryStrategy"]["evaluateOnExit"]:
        rule["action"] = rule["action"].upper()
    return _contains(newest, wanted)


def _contains(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether a description has all that is wanted, besides defaults that AWS adds."""
    return all(
        _contains(found.get(name, {}), value)
        if isinstance(value, dict)
        else found.get(name) == value
        for name, value in wanted.items()
    )
