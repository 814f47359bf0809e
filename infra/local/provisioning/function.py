"""The Lambda function that turns uploads into DAG runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.resources import UPLOAD_FUNCTION, UPLOAD_FUNCTION_DEFINITION
from infra.local.provisioning.access import Roles
from infra.local.provisioning.account import Account

_STATEMENT = "uploads"


def provide_function(
    account: Account, roles: Roles, package: bytes, environment: Mapping[str, str]
) -> None:
    """Make the function, or give it its new code and environment.

    :param package: the function's zip
    """
    client = account.client("lambda")
    definition = UPLOAD_FUNCTION_DEFINITION
    configuration = {
        "FunctionName": definition.name,
        "Role": roles.arns[definition.role],
        "Handler": definition.handler,
        "Runtime": definition.runtime,
        "MemorySize": definition.memory_mib,
        "Timeout": definition.timeout_seconds,
        "Environment": {"Variables": dict(environment)},
    }
    try:
        client.get_function(FunctionName=definition.name)
    except client.exceptions.ResourceNotFoundException:
        client.create_function(**configuration, Code={"ZipFile": package})
    else:
        client.update_function_code(FunctionName=definition.name, ZipFile=package)
        client.update_function_configuration(**configuration)


def permit_uploads(account: Account, bucket: str) -> None:
    """Let S3 invoke the function for the bucket."""
    client = account.client("lambda")
    if _is_permitted(client):
        client.remove_permission(FunctionName=UPLOAD_FUNCTION, StatementId=_STATEMENT)
    client.add_permission(
        FunctionName=UPLOAD_FUNCTION,
        StatementId=_STATEMENT,
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
    )


def _is_permitted(client: Any) -> bool:
    try:
        policy: str = client.get_policy(FunctionName=UPLOAD_FUNCTION)["Policy"]
    except client.exceptions.ResourceNotFoundException:
        return False
    return f'"{_STATEMENT}"' in policy
