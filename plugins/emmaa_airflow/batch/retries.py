"""Calls to Batch that wait out throttling and short outages.

botocore's own repeats are switched off for Batch: they would also repeat a SubmitJob whose answer
was lost, and SubmitJob has no idempotency token.
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

#: So long altogether a call waits; then Airflow's retries take over.
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
    """Whether AWS has surely not done what was asked: it throttled, or was not reached."""
    if isinstance(error, ClientError):
        return _code(error) in _THROTTLED or _status(error) == 429
    return isinstance(error, ConnectTimeoutError | EndpointConnectionError)


def is_unclear(error: Exception) -> bool:
    """Whether AWS may or may not have done what was asked: its answer was lost, or a fault."""
    if isinstance(error, ClientError):
        return _status(error) >= 500
    return isinstance(error, HTTPClientError) and not was_not_done(error)


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    return was_not_done(error) or is_unclear(error)


def patiently(call: Callable[[], T], repeats: Callable[[Exception], bool] = may_pass) -> T:
    """Make a call, again and again with growing random pauses while it fails for a while.

    :param repeats: after which errors to call again; :func:`was_not_done` for a call that must
        not be made twice
    :raises ClientError: any other error of AWS, or one that did not pass in
        :data:`PATIENCE_SECONDS`
    :raises BotoCoreError: the same of the connection
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
    """Random pauses, so that callers who were throttled together do not come back together."""
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
