"""Faults of the bucket, in words for the person who looks at the page."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.aws.s3_errors import error_code


class BucketFaultError(RuntimeError):
    """The bucket cannot be read; the message says why and what to do."""


def bucket_fault(error: Exception, bucket: str) -> BucketFaultError:
    """Return what a failed listing means for a person."""
    code = error_code(error)
    if code == "NoSuchBucket":
        reason = "it does not exist: set EMMAA_BUCKET, or bucket in the settings file"
    elif code in ("AccessDenied", "403"):
        reason = "Airflow's role may not list it: allow s3:ListBucket and s3:GetObject on it"
    elif isinstance(error, ClientError):
        reason = f"S3 answers {code}: {error.response.get('Error', {}).get('Message', '')}"
    elif isinstance(error, BotoCoreError):
        reason = (
            f"S3 cannot be reached from Airflow's web server ({error}): check its network, its"
            " credentials and the connection aws_default"
        )
    else:
        reason = f"{type(error).__name__}: {error}"
    return BucketFaultError(f"The bucket {bucket!r} cannot be read: {reason}.")
