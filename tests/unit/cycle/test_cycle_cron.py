"""Cron expressions: what is taken is due some day, and what is not is refused with a reason."""

from __future__ import annotations

import sys
from datetime import datetime

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.settings_values import check_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 12 * * *",
        "30 3 * * 1-5",
        "*/15 0,12 1-7/2 jan-MAR mon",
        "5/20 * * * *",
        "0 0 29 2 *",
        "0 0 L * *",
        "0 9 * * mon#1",
        "59 23 31 12 7",
    ],
)
def test_what_is_due_some_day_is_taken(text: str) -> None:
    assert check_cron(text) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("99 99 * * *", r"'99 99 \* \* \*' \(minute, hour.*out of range"),
        ("0 24 * * *", "out of range"),
        ("0 0 0 * *", "out of range"),
        ("0 0 1 13 *", "out of range"),
        ("0 0 1 june *", "not acceptable"),
        ("0 0 * * 8", "out of range"),
        ("0 0 * * mon-", "not acceptable"),
        ("*-5 * * * *", "not acceptable"),
        ("*/0 * * * *", "step '0' in field 0"),
        ("0,,5 * * * *", "not acceptable"),
        ("H 0 * * *", "hash_id"),
        ("R 0 * * *", "random"),
        ("0 r(3-5) * * *", "random"),
        ("0 0 30 2 *", "never due"),
        ("0 0 31 2,4,jun *", "never due"),
        # By cron's rules every Friday; croniter, and so Airflow, never finds one.
        ("0 0 31 2 fri", "never due"),
        ("often", "five fields"),
        ("0 12 * *", "five fields"),
        ("0 12 * * * *", "five fields"),
        ("@daily", "five fields"),
    ],
)
def test_what_is_not_is_refused_with_a_reason(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check_cron(text)


def test_without_croniter_the_fields_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "croniter", None)

    assert check_cron("99 99 * * *") == "99 99 * * *"
    with pytest.raises(ValueError, match="five fields"):
        check_cron("0 12 * *")


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
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2090, 1, 1))


@given(EXPRESSIONS, MOMENTS)
def test_what_is_taken_is_due_after_any_moment(text: str, moment: datetime) -> None:
    try:
        check_cron(text)
    except ValueError:
        return
    assert croniter(text, moment).get_next(datetime) > moment
