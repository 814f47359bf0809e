"""Tests of the time of a schedule's last run, according to Airflow's own timetable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pendulum
import pytest
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from hypothesis import example, given
from hypothesis import strategies as st

from emmaa_airflow.reporting.schedules import last_start

NOON = datetime(2026, 3, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        (NOON, NOON),
        (NOON - timedelta(microseconds=1), NOON - timedelta(days=1)),
        (NOON + timedelta(hours=23, minutes=59, seconds=59, microseconds=9), NOON),
    ],
)
def test_the_last_start_of_a_schedule(moment: datetime, start: datetime) -> None:
    assert last_start("0 12 * * *", "EST", moment) == start


def test_a_schedule_follows_daylight_saving_where_its_zone_does() -> None:
    summer = datetime(2026, 7, 5, 12, tzinfo=UTC)
    assert last_start("0 12 * * *", "Europe/Berlin", summer).astimezone(UTC).hour == 10
    assert last_start("0 12 * * *", "Europe/Berlin", summer - timedelta(days=180)).hour == 12


ZONES = ["EST", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]
CRONS = ["0 12 * * *", "30 2 * * *", "15 1 * * *", "0 */2 * * *", "30 * * * *", "0 1-3 * * sun"]


@given(
    zone=st.sampled_from(ZONES),
    cron=st.sampled_from(CRONS),
    moment=st.datetimes(datetime(2026, 1, 5), datetime(2028, 1, 1), timezones=st.just(UTC)),
)
@example("Europe/Berlin", "30 2 * * *", datetime(2026, 3, 29, 1, 45, tzinfo=UTC))
@example("Europe/Berlin", "30 2 * * *", datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
@example("Europe/Berlin", "30 2 * * *", datetime(2026, 10, 25, 18, tzinfo=UTC))
def test_the_last_start_is_the_scheduled_run_that_airflow_makes(
    zone: str, cron: str, moment: datetime
) -> None:
    """The runs that the timetable makes one after the other, none of them by :func:`last_start`."""
    timetable = CronTriggerTimetable(cron, timezone=zone)
    restriction = TimeRestriction(pendulum.instance(moment - timedelta(days=8)), None, catchup=True)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    made = []
    while info and info.run_after <= pendulum.instance(moment):
        made.append(info.run_after)
        info = timetable.next_dagrun_info(
            last_automated_data_interval=info.data_interval, restriction=restriction
        )
    assert last_start(cron, zone, moment).astimezone(UTC) == made[-1]
