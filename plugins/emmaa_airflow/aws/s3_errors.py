"""Errors of S3: about one object, or about the service."""

from __future__ import annotations

from typing import Any

_ABSENT = frozenset({"NoSuchKey", "NotFound", "404"})
#: Client errors after which another call may succeed: expired credentials, clocks, throttling.
_PASSING = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"),
        *("InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"),
        *("RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"),
        *("KMS.ThrottlingException", "TooManyRequestsException", "OperationAborted"),
    }
)
_PASSING_STATUS = frozenset({408, 425, 429})


def error_code(error: BaseException) -> str:
    """Return the code of an AWS error; empty for any other exception."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def is_absent(error: BaseException) -> bool:
    """Return whether S3 reports that there is no such object."""
    return error_code(error) in _ABSENT


def is_refused(error: BaseException) -> bool:
    """Return whether S3 refuses this object permanently.

    It is archived, encrypted with a key that Airflow may not use, or denied by a policy. Missing
    buckets, expired credentials, throttling and faults of the service do not concern the object.
    """
    response: dict[str, Any] = getattr(error, "response", {})
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if is_absent(error) or error_code(error) in _PASSING | {"NoSuchBucket"}:
        return False
    return 400 <= status < 500 and status not in _PASSING_STATUS


def refusal(error: BaseException) -> str:
    """Describe a refusal in one sentence, with the fix where it is known."""
    code = error_code(error)
    response: dict[str, Any] = getattr(error, "response", {})
    message = response.get("Error", {}).get("Message", "") or "no reason given"
    if code == "InvalidObjectState":
        return f"S3 has archived it ({code}: {message}); restore it, or upload it again"
    return f"S3 refuses it ({code}: {message}); let Airflow's role read it, and use its KMS key"
