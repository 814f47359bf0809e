"""When schedules start, in the deployment's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter


def last_start(cron: str, timezone: str, moment: datetime) -> datetime:
    """The last time, up to and including a moment, at which a schedule starts.

    :param moment: with a time zone
    """
    # croniter looks before its start, and knows no fractions of a second.
    after = moment.astimezone(ZoneInfo(timezone)) + timedelta(seconds=1)
    start: datetime = croniter(cron, after.replace(microsecond=0)).get_prev(datetime)
    return start
