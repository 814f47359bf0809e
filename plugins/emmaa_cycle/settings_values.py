"""The kinds of values that settings have, checked as they are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

_FIELDS = "minute, hour, day, month, weekday"
#: croniter draws a random number for it, so every parsing of the DAG would change the schedule.
_RANDOM = re.compile(r"\br\b", re.IGNORECASE)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # A folder of the database, such as Europe, and a name that is too long are OSErrors.
        raise ValueError(f"{name[:80]!r} is not a time zone of the tz database") from error
    return name


def check_cron(text: str) -> str:
    """Return a cron expression if it matches some time.

    Airflow would find the same faults, but its message names neither the setting nor its file.
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


def _cron_or_never(text: str) -> str:
    return check_cron(text) if text not in ("", "never") else ""


def _utc_if_naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bucket_name(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9._-]{3,255}", text):
        raise ValueError(
            f"{text[:80]!r} is no bucket's name: give the name alone, without s3:// and slashes"
        )
    return text


def _metric_namespace(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9._/#-]{0,255}", text) or text.startswith("AWS/"):
        raise ValueError(
            f"{text[:80]!r} is no namespace of CloudWatch: use letters, digits and ._/#- only, and"
            " not AWS/ at the beginning"
        )
    return text


Text = Annotated[str, Field(min_length=1)]
#: Empty if the schedule is switched off, which is written as ``never`` or left empty.
CronOrNever = Annotated[str, AfterValidator(_cron_or_never)]
MetricNamespace = Annotated[str, AfterValidator(_metric_namespace)]
#: S3's rules, with the capitals, underscores and length of the oldest buckets.
BucketName = Annotated[str, AfterValidator(_bucket_name)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Moment = Annotated[datetime, AfterValidator(_utc_if_naive)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
