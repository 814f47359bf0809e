"""The start times of schedules, in the deployment's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable


def last_start(cron: str, timezone: str, moment: datetime) -> datetime:
    """Return the last start of a schedule up to and including a given time.

    This uses Airflow's own timetable, also for days of clock change: a start in the skipped hour
    is an hour later, and a start in the repeated hour happens once.

    :param moment: with a time zone
    :returns: in the schedule's time zone
    """
    timetable = CronTriggerTimetable(cron, timezone=timezone)
    until = pendulum.instance(moment)
    # The start before a moment in the repeated hour may lie after it, so begin a day before and
    # follow the runs as the scheduler makes them. next_dagrun_info cannot look backwards.
    start = timetable._align_to_prev(until - timedelta(days=1))
    every_run = TimeRestriction(None, None, catchup=True)
    while True:
        following = timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval.exact(start), restriction=every_run
        )
        if following is None or following.run_after > until:
            return datetime.fromisoformat(start.isoformat()).astimezone(ZoneInfo(timezone))
        start = following.run_after
