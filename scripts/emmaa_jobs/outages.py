"""Faults of AWS and of the databases, told apart from faults of the job.

Neither library is imported here: a fault of one that was not imported cannot have happened.
"""

from __future__ import annotations

import sys
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError

_BUSY = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout"})
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
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
    )
    if isinstance(error, lost):
        return SourceUnavailableError(f"AWS cannot be asked: {error}")
    return None


def _answered(error: Any) -> Exception | None:
    answer = error.response
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"AWS answered {error.operation_name} with {answer['Error'].get('Code')}: {error}"
    if status >= 500 or answer["Error"].get("Code") in _BUSY:
        return SourceUnavailableError(said)
    return InputError(f"{said}; see what the job's role may do") if status in _REFUSED else None


def _of_database(error: Exception) -> Exception | None:
    sql: Any = sys.modules.get("sqlalchemy.exc")
    if sql is None or not isinstance(error, sql.DBAPIError):
        return None
    if error.connection_invalidated or "database is locked" in str(error.orig):
        return SourceUnavailableError(f"a database was lost: {' '.join(str(error.orig).split())}")
    return None
