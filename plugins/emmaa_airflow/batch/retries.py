"""Retries of calls to Batch during throttling and short outages.

botocore's own retries are disabled for Batch: they would also repeat a SubmitJob whose answer was
lost, and SubmitJob has no idempotency token.
"""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

#: Total time that a call retries; then Airflow's retries take over.
PATIENCE_SECONDS = 900.0
_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 30.0
_THROTTLED = frozenset(
    {
        *("TooManyRequestsException", "ThrottlingException", "ThrottledException", "Throttling"),
        *("RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown"),
    }
)

T = TypeVar("T")
logger = logging.getLogger(__name__)


def was_not_done(error: Exception) -> bool:
    """Return whether AWS has certainly not acted: it throttled, or was not reached."""
    if isinstance(error, ClientError):
        return _code(error) in _THROTTLED or _status(error) == 429
    return isinstance(error, ConnectTimeoutError | EndpointConnectionError)


def is_unclear(error: Exception) -> bool:
    """Return whether AWS may have acted: the answer was lost or reports a fault."""
    if isinstance(error, ClientError):
        return _status(error) >= 500
    return isinstance(error, HTTPClientError) and not was_not_done(error)


def may_pass(error: Exception) -> bool:
    """Return whether the same call may succeed later."""
    return was_not_done(error) or is_unclear(error)


def patiently(call: Callable[[], T], repeats: Callable[[Exception], bool] = may_pass) -> T:
    """Make a call, and retry it with growing random pauses after temporary errors.

    :param repeats: the errors after which to retry; :func:`was_not_done` for a call that must not
        be made twice
    :raises ClientError: any other error of AWS, or one that lasted longer than
        :data:`PATIENCE_SECONDS`
    :raises BotoCoreError: the same for errors of the connection
    """
    waits = _waits()
    while True:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            wait = next(waits, None)
            if wait is None or not repeats(error):
                raise
            logger.warning("Batch: %s; calling again in %.1f s", error, wait)
            time.sleep(wait)


def _waits() -> Iterator[float]:
    """Yield random pauses, so that callers that were throttled together do not retry together."""
    waited = 0.0
    for attempt in itertools.count():
        longest = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(attempt, 10))
        wait = random.uniform(0, longest)  # noqa: S311
        waited += wait
        if waited > PATIENCE_SECONDS:
            return
        yield wait


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
