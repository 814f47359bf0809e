"""Faults of AWS and of the databases, told apart from faults of the job.

Neither library is imported here: a fault of one that was not imported cannot have happened.
"""

from __future__ import annotations

import sys
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError

#: Codes with which AWS says that another attempt may succeed, with new credentials for instance.
_PASSING = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "RequestTimeout",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "TokenRefreshRequired",
    }
)
#: Codes that a wrong setting brings, and what to set.
_MISNAMED = {
    "NoSuchBucket": "set EMMAA_BUCKET to a bucket that there is",
    "InvalidBucketName": "set EMMAA_BUCKET to the name of a bucket",
    "PermanentRedirect": "set AWS_DEFAULT_REGION to the bucket's region",
    "AuthorizationHeaderMalformed": "set AWS_DEFAULT_REGION to the bucket's region",
}
_REFUSED = frozenset({401, 403})


def translated(error: Exception) -> Exception:
    """What a job ended by, as one of its own errors where AWS or a database is the cause."""
    return _of_aws(error) or _of_database(error) or error


def _of_aws(error: Exception) -> Exception | None:
    aws: Any = sys.modules.get("botocore.exceptions")
    if aws is None:
        return None
    if isinstance(error, aws.ClientError):
        return _answered(error)
    lost = (
        aws.ConnectionError,
        aws.HTTPClientError,
        aws.IncompleteReadError,
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
        aws.TokenRetrievalError,
        aws.SSOError,
    )
    if isinstance(error, lost):
        return SourceUnavailableError(f"AWS cannot be asked: {error}")
    misconfigured = (
        aws.NoRegionError,
        aws.InvalidRegionError,
        aws.ProfileNotFound,
        aws.ConfigNotFound,
        aws.ConfigParseError,
        aws.InvalidConfigError,
    )
    if isinstance(error, misconfigured):
        return InputError(f"AWS cannot be asked: {error} See AWS_DEFAULT_REGION and AWS_PROFILE")
    return None


def _answered(error: Any) -> Exception | None:
    answer = error.response
    status, code = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0), _code(answer)
    said = f"AWS answered {error.operation_name} with {code}: {error}"
    if status >= 500 or code in _PASSING:
        return SourceUnavailableError(said)
    if code in _MISNAMED:
        return InputError(f"{said}; {_MISNAMED[code]}")
    return InputError(f"{said}; see what the job's role may do") if status in _REFUSED else None


def _code(answer: Any) -> str:
    return str(answer["Error"].get("Code"))


def _of_database(error: Exception) -> Exception | None:
    sql: Any = sys.modules.get("sqlalchemy.exc")
    if sql is None or not isinstance(error, sql.DBAPIError):
        return None
    if error.connection_invalidated or "database is locked" in str(error.orig):
        return SourceUnavailableError(f"a database was lost: {' '.join(str(error.orig).split())}")
    return None
