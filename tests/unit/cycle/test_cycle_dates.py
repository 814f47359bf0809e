from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.dates import day_of, format_round, now_round, parse_day, parse_round
from emmaa_cycle.errors import InputError
from tests.unit.cycle.strategies import moments


@given(moments)
def test_a_moment_comes_back_from_its_round_date(moment: datetime) -> None:
    assert parse_round(format_round(moment)) == moment


@given(moments, moments)
def test_round_dates_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    assert (format_round(one) < format_round(other)) == (one < other)


@given(moments)
def test_the_day_of_a_round_is_a_day(moment: datetime) -> None:
    assert parse_day(day_of(format_round(moment))) == moment.date()


def test_a_round_date_is_in_utc() -> None:
    noon_est = datetime(2026, 3, 2, 22, 30, 5, tzinfo=timezone(timedelta(hours=-5)))

    assert format_round(noon_est) == "2026-03-03-03-30-05"
    assert day_of("2026-03-03-03-30-05") == "2026-03-03"


def test_now_is_a_round_date_in_utc() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= parse_round(now_round()) <= datetime.now(UTC)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(InputError, match="has no time zone"):
        format_round(datetime(2026, 3, 2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-02",
        "2026-03-02-12-00",
        "2026-03-02-12-00-00\n",
        " 2026-03-02-12-00-00",
        "2026-3-2-12-0-0",
        "2026-02-30-12-00-00",
        "2026-13-01-00-00-00",
        "2026-01-01-24-00-00",
        "2026-01-01-00-00-60",
        "0000-01-01-00-00-00",
        "2026-03-02T12:00:00",
        "٢٠٢٦-03-02-12-00-00",
        "2026-03-02-12-00-0๐",
    ],
)
def test_what_is_no_round_date_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a"):
        parse_round(text)


@pytest.mark.parametrize("text", ["", "2026-3-2", "2026-02-29", "20260302", "٢٠٢٦-03-02"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a day"):
        parse_day(text)


@given(st.text())
def test_any_text_is_a_day_or_bad_input(text: str) -> None:
    try:
        day = parse_day(text)
    except InputError:
        return
    assert day == date.fromisoformat(text)
