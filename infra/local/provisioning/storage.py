"""Buckets, and the notifications by which uploads invoke the function."""

from __future__ import annotations

from typing import Any

from emmaa_cycle.resources import UPLOAD_FUNCTION, UPLOAD_NOTIFICATIONS, UploadNotification
from infra.local.provisioning.account import Account


def provide_bucket(account: Account, name: str) -> None:
    """Make a versioned bucket, as that of production is."""
    s3 = account.client("s3")
    if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        # us-east-1 is the one region that must not be named.
        place = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
        s3.create_bucket(Bucket=name, **({} if account.region == "us-east-1" else place))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def notify_of_uploads(account: Account, bucket: str) -> None:
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
