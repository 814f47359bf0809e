"""Checks of cron expressions in the settings.

Airflow would find the same faults, but its message names neither the setting nor its file.
"""

from __future__ import annotations

import re
from datetime import datetime

_FIELDS = "minute, hour, day, month, weekday"
#: croniter draws a random number for it, so every parsing of the DAG would change the schedule.
_RANDOM = re.compile(r"\br\b", re.IGNORECASE)


def check_cron(text: str) -> str:
    """Return a cron expression if it matches some time.

    croniter, which Airflow uses, is missing in the jobs' environment. Batch jobs have no schedules,
    so there only the number of fields is checked.

    :raises ValueError: if it is not a cron expression, or never matches.
    """
    if len(text.split()) != 5:
        raise ValueError(f"{text!r} is no cron expression of five fields: {_FIELDS}")
    if _RANDOM.search(text):
        raise ValueError(f"{text!r} has a random time (R): name the time")
    try:
        from croniter import croniter
    except ImportError:
        return text
    try:
        croniter(text, datetime(2026, 1, 1)).get_next()
    except ValueError as error:
        raise ValueError(f"{text!r} ({_FIELDS}) is never due: {error}") from error
    return text
