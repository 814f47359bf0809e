"""Fill an embedded AWS with the account that the cycle uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_cycle.resources import (
    MAIL_FEEDBACK_BUCKET,
    UPLOAD_FUNCTION,
    UPLOAD_FUNCTION_DEFINITION,
    UPLOAD_NOTIFICATIONS,
    UploadNotification,
)
from emmaa_cycle.settings import Settings, load_settings
from infra.local.provisioning.access import Roles, provide_roles
from infra.local.provisioning.account import Account
from infra.local.provisioning.batch import provide_batch
from infra.local.provisioning.operators import provide_operators

#: The id of the permission by which S3 invokes the function.
_INVOCATION = "uploads"


def provision(
    endpoint_url: str,
    *,
    job_environment: Mapping[str, str],
    function_zip: bytes,
    function_environment: Mapping[str, str],
    settings: Settings | None = None,
) -> None:
    """Create everything under its production name; again, it updates what changed.

    Uploads start nothing yet (:func:`enable_uploads`).

    :param job_environment: the variables of every Batch job
    :param function_zip: the upload function's package
    :param function_environment: the upload function's variables
    :param settings: name bucket, regions and sender; the deployment's if None
    """
    settings = settings or load_settings()
    with Account(endpoint_url, settings.aws_region) as account:
        for bucket in (settings.bucket, MAIL_FEEDBACK_BUCKET):
            _provide_bucket(account, bucket)
        roles = provide_roles(account)
        provide_batch(account, roles, job_environment)
        _provide_function(account, roles, function_zip, function_environment)
        _permit_uploads(account, settings.bucket)
        provide_operators(account)
        ses = account.client("ses", settings.mail.region)
        ses.verify_email_identity(EmailAddress=settings.mail.source)


def enable_uploads(endpoint_url: str, *, settings: Settings | None = None) -> None:
    """Let uploads of models and model managers invoke the function from now on.

    Apart from :func:`provision`, because history is written before uploads mean anything.
    """
    settings = settings or load_settings()
    with Account(endpoint_url, settings.aws_region) as account:
        _notify_of_uploads(account, settings.bucket)


def _provide_bucket(account: Account, name: str) -> None:
    """Make a versioned bucket, as that of production is."""
    s3 = account.client("s3")
    if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        # us-east-1 is the one region that must not be named.
        place = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
        s3.create_bucket(Bucket=name, **({} if account.region == "us-east-1" else place))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _notify_of_uploads(account: Account, bucket: str) -> None:
    """Let the bucket's uploads of models and model managers invoke the function."""
    function = account.client("lambda").get_function(FunctionName=UPLOAD_FUNCTION)
    arn = function["Configuration"]["FunctionArn"]
    account.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [_notification(n, arn) for n in UPLOAD_NOTIFICATIONS]
        },
    )


def _notification(notification: UploadNotification, function_arn: str) -> dict[str, Any]:
    rules = [
        {"Name": "prefix", "Value": notification.prefix},
        {"Name": "suffix", "Value": notification.suffix},
    ]
    return {
        "Id": notification.id,
        "LambdaFunctionArn": function_arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }


def _provide_function(
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


def _permit_uploads(account: Account, bucket: str) -> None:
    """Let S3 invoke the function for the bucket."""
    client = account.client("lambda")
    if _is_permitted(client):
        client.remove_permission(FunctionName=UPLOAD_FUNCTION, StatementId=_INVOCATION)
    client.add_permission(
        FunctionName=UPLOAD_FUNCTION,
        StatementId=_INVOCATION,
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
    )


def _is_permitted(client: Any) -> bool:
    try:
        policy: str = client.get_policy(FunctionName=UPLOAD_FUNCTION)["Policy"]
    except client.exceptions.ResourceNotFoundException:
        return False
    return f'"{_INVOCATION}"' in policy
