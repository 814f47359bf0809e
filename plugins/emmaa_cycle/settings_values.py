"""The kinds of values that settings have, checked as they are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from emmaa_cycle.cron import check_cron


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone of the tz database") from error
    return name


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
