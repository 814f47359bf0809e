"""IAM roles. The embedded AWS checks no permissions, so they have a trust policy alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.resources import (
    BATCH_INSTANCE_ROLE,
    BATCH_SERVICE_ROLE,
    JOB_ROLE,
    MAIL_JOB_ROLE,
    UPLOAD_FUNCTION_ROLE,
)
from infra.local.provisioning.account import Account

_SERVICES = {
    BATCH_SERVICE_ROLE: "batch.amazonaws.com",
    BATCH_INSTANCE_ROLE: "ec2.amazonaws.com",
    JOB_ROLE: "ecs-tasks.amazonaws.com",
    MAIL_JOB_ROLE: "ecs-tasks.amazonaws.com",
    UPLOAD_FUNCTION_ROLE: "lambda.amazonaws.com",
}


@dataclass(frozen=True)
class Roles:
    """The ARNs of what was made.

    :param arns: by role name
    :param instance_profile: of the compute environments' instances
    """

    arns: dict[str, str]
    instance_profile: str


def provide_roles(account: Account) -> Roles:
    """Make the roles and the instances' profile."""
    iam = account.client("iam")
    arns = {name: _role(iam, name, service) for name, service in _SERVICES.items()}
    return Roles(arns, _instance_profile(iam))


def _role(iam: Any, name: str, service: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)
    arn: str = role["Role"]["Arn"]
    return arn


def _instance_profile(iam: Any) -> str:
    name = BATCH_INSTANCE_ROLE
    try:
        profile = iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    except iam.exceptions.EntityAlreadyExistsException:
        profile = iam.get_instance_profile(InstanceProfileName=name)
    arn: str = profile["InstanceProfile"]["Arn"]
    return arn
