"""Checks of cron expressions, before Airflow schedules by them.

Airflow would find the same faults, but would name neither the setting nor its file.
"""

from __future__ import annotations

import re
from datetime import datetime

_FIELDS = "minute, hour, day, month, weekday"
#: croniter draws a number for it, so the schedule would change whenever the DAG is parsed.
_RANDOM = re.compile(r"\br\b", re.IGNORECASE)


def check_cron(text: str) -> str:
    """Return a cron expression if it is due some day.

    croniter, by which Airflow computes its times, is where Airflow is. The Batch jobs schedule
    nothing, so there the number of fields is checked alone.

    :raises ValueError: if it is no cron expression, or never due.
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
