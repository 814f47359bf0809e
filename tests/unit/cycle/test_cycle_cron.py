"""Cron expressions: what is taken is due some day, and what is not names its field."""

from __future__ import annotations

from datetime import datetime

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.cron import check_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 12 * * *",
        "30 3 * * 1-5",
        "*/15 0,12 1-7/2 jan-MAR mon",
        "5/20 * * * *",
        "0 0 29 2 *",
        "0 0 31 2 fri",
        "0 0 L * *",
        "59 23 31 12 7",
    ],
)
def test_what_is_due_some_day_is_taken(text: str) -> None:
    assert check_cron(text) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("99 99 * * *", "'99' is no minute: 0 to 59"),
        ("0 24 * * *", "'24' is no hour: 0 to 23"),
        ("0 0 0 * *", "'0' is no day of the month: 1 to 31"),
        ("0 0 1 13 *", "'13' is no month: 1 to 12, or jan to dec"),
        ("0 0 1 june *", "'june' is no month"),
        ("0 0 * * 8", "'8' is no day of the week: 0 to 7, or sun to sat"),
        ("0 0 * * mon-", "'mon-' is no day of the week"),
        ("5-1 * * * *", "'5-1' is no minute"),
        ("*-5 * * * *", r"'\*-5' is no minute"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        ("0,,5 * * * *", "'' is no minute"),
        ("0 0 30 2 *", "never due: none of its months has a day 30"),
        ("0 0 31 2,4,jun *", "has a day 31"),
        ("often", "five fields"),
        ("0 12 * *", "five fields"),
        ("0 12 * * * *", "five fields"),
        ("@daily", "five fields"),
    ],
)
def test_what_is_not_names_its_field(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check_cron(text)


def field(lowest: int, highest: int, *names: str) -> st.SearchStrategy[str]:
    number = st.integers(lowest - 1, highest + 1).map(str)
    value = st.one_of(number, st.sampled_from(names)) if names else number
    span = st.tuples(value, value).map("-".join)
    step = st.tuples(st.one_of(st.just("*"), value, span), st.integers(0, highest).map(str))
    item = st.one_of(st.just("*"), value, span, step.map("/".join))
    return st.lists(item, min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(
    field(0, 59), field(0, 23), field(1, 31), field(1, 12, "jan", "dec"), field(0, 7, "sun", "sat")
).map(" ".join)


@given(EXPRESSIONS)
def test_airflows_schedules_take_all_that_is_taken(text: str) -> None:
    try:
        check_cron(text)
    except ValueError:
        return
    assert croniter(text, datetime(2026, 1, 1)).get_next(datetime) > datetime(2026, 1, 1)
