"""Round dates: the ``<dt>`` and ``<d>`` of every S3 key, always UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from emmaa_cycle.errors import InputError

ROUND_FORMAT = "%Y-%m-%d-%H-%M-%S"
# Not \d, which takes the digits of all scripts.
DAY_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ROUND_PATTERN = DAY_PATTERN + r"-[0-9]{2}-[0-9]{2}-[0-9]{2}"


def format_round(moment: datetime) -> str:
    """Write a moment as ``<dt>``, ``YYYY-MM-DD-HH-MM-SS`` in UTC.

    :raises InputError: if ``moment`` has no time zone, because its UTC value is then unknown.
    """
    if moment.tzinfo is None:
        raise InputError(f"{moment!r} has no time zone: give a moment in UTC")
    # Not strftime, whose %Y has fewer than four digits before the year 1000.
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(sep="-", timespec="seconds").replace(":", "-")


def now_round() -> str:
    """Return the current second as ``<dt>``."""
    return format_round(datetime.now(UTC))


def parse_round(text: str) -> datetime:
    """Read a ``<dt>``.

    :raises InputError: if it is not a real date of the form ``YYYY-MM-DD-HH-MM-SS``.
    """
    if not re.fullmatch(ROUND_PATTERN, text):
        raise InputError(f"{text!r} is not a round date of the form YYYY-MM-DD-HH-MM-SS")
    try:
        # Ten times as fast as strptime: each statement of a model has such a date.
        moment = datetime.fromisoformat(f"{text[:10]} {text[11:].replace('-', ':')}")
        return moment.replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{text!r} is not a date: {error}") from error


def is_round(text: str) -> bool:
    """Return whether a text is a ``<dt>``; keys may hold impossible dates."""
    try:
        parse_round(text)
    except InputError:
        return False
    return True


def parse_day(text: str) -> date:
    """Read a ``<d>``.

    :raises InputError: if it is not a real date of the form ``YYYY-MM-DD``.
    """
    if not re.fullmatch(DAY_PATTERN, text):
        raise InputError(f"{text!r} is not a day of the form YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not a day: {error}") from error


def day_of(round_date: str) -> str:
    """Return the ``<d>`` of a ``<dt>``."""
    return parse_round(round_date).date().isoformat()
