"""How long, and how often, a service is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Clock:
    """Time, as a test may replace it.

    :param now: seconds since any moment, only ever growing
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Patience:
    """How long a service is waited for; all times in seconds.

    :param tries: how often the same is asked
    :param pause: before the second try; doubled before each further one
    :param longest_pause: a service that asks for more (``Retry-After``) counts as down
    :param silence: how long it may send nothing
    :param whole: how long an answer may take as a whole
    """

    tries: int = 4
    pause: float = 1
    longest_pause: float = 60
    silence: float = 60
    whole: float = 600


def retry_after(header: str | None) -> float | None:
    """What a ``Retry-After`` says, in seconds or as a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(
        0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    )
