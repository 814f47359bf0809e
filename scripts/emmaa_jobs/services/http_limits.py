"""Limits on requests to a service: tries, pauses and time-outs."""

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
    """The limits for one service; all times in seconds.

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


def within(seconds: float, usual: Patience) -> Patience:
    """Return limits for a request that must end in time, even if all goes wrong.

    :param seconds: the time left; next to none gives one short try
    :param usual: is not exceeded
    """
    share = max(seconds / 4, 0.1)  # two tries, each of which may wait for a word and for the whole
    return Patience(
        tries=2 if seconds > 1 else 1,
        pause=min(usual.pause, share),
        longest_pause=min(usual.longest_pause, share),
        silence=min(usual.silence, share),
        whole=min(usual.whole, share),
    )


def retry_after(header: str | None) -> float | None:
    """Parse a ``Retry-After`` header, in seconds or as a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    text = header.strip()  # also of separators that float() does not take
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds)
