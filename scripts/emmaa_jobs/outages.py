"""Faults of AWS and of the databases, as opposed to faults of the job.

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
    "NoSuchBucket": "set EMMAA_BUCKET to an existing bucket",
    "InvalidBucketName": "set EMMAA_BUCKET to a valid bucket name",
    "PermanentRedirect": "set AWS_DEFAULT_REGION to the bucket's region",
    "AuthorizationHeaderMalformed": "set AWS_DEFAULT_REGION to the bucket's region",
}
_REFUSED = frozenset({401, 403})
#: Classes of SQLSTATE after which the same transaction may succeed: connection lost, too few
#: resources (connections, disk), ended by an operator or a shutdown, error of the system
#: (PostgreSQL's documentation, appendix A).
_PASSING_CLASSES = ("08", "53", "57", "58")
#: Single ones: a serialisation failure, a deadlock, a lock that was not to be had, and a server
#: that is, after a failover, not the primary any more.
_PASSING_STATES = frozenset({"40001", "40P01", "55P03", "25006"})


def translated(error: Exception) -> Exception:
    """Translate a fault of AWS or a database into one of the jobs' own errors."""
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
        return SourceUnavailableError(f"AWS cannot be used: {error}")
    misconfigured = (
        aws.BaseEndpointResolverError,
        aws.EndpointProviderError,
        aws.InvalidRegionError,
        aws.UnknownRegionError,
        aws.ProfileNotFound,
        aws.ConfigNotFound,
        aws.ConfigParseError,
        aws.InvalidConfigError,
        aws.InvalidRetryConfigurationError,
        aws.InvalidS3AddressingStyleError,
        aws.InvalidS3UsEast1RegionalEndpointConfigError,
        aws.InvalidSTSRegionalEndpointsConfigError,
        aws.InvalidDefaultsMode,
        aws.InvalidChecksumConfigError,
        aws.InvalidProxiesConfigError,
        aws.InvalidEndpointConfigurationError,
        aws.InvalidIMDSEndpointError,
        aws.InvalidIMDSEndpointModeError,
    )
    if isinstance(error, misconfigured):
        return InputError(
            f"AWS cannot be used: {error} See AWS_DEFAULT_REGION, AWS_PROFILE and the other AWS_…"
            " variables"
        )
    return None


def _answered(error: Any) -> Exception | None:
    answer = error.response
    status, code = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0), _code(answer)
    said = f"AWS answered {error.operation_name} with {code}: {error}"
    if status >= 500 or code in _PASSING:
        return SourceUnavailableError(said)
    if code in _MISNAMED:
        return InputError(f"{said}; {_MISNAMED[code]}")
    if status in _REFUSED:
        return InputError(f"{said}; check the permissions of the job's role")
    return None


def _code(answer: Any) -> str:
    return str(answer["Error"].get("Code"))


def _of_database(error: Exception) -> Exception | None:
    sql: Any = sys.modules.get("sqlalchemy.exc")
    if sql is None:
        return None
    if isinstance(error, sql.DBAPIError) and database_may_return(error):
        cause = " ".join(str(error.orig).split())
        return SourceUnavailableError(f"a database is unavailable: {cause}")
    if isinstance(error, sql.PendingRollbackError | sql.TimeoutError):
        return SourceUnavailableError(f"a database is unavailable: {error}")
    return None


def database_may_return(error: Any) -> bool:
    """Return whether a database refused or lost a transaction that may succeed later.

    :param error: a ``sqlalchemy.exc.DBAPIError``
    """
    if error.connection_invalidated:
        return True
    if not hasattr(error.orig, "pgcode"):
        return False
    state = error.orig.pgcode
    if state is None:
        # The server never answered, or refused the connection itself: libpq has no SQLSTATE then.
        return type(error.orig).__name__ in ("OperationalError", "InterfaceError")
    return state.startswith(_PASSING_CLASSES) or state in _PASSING_STATES
