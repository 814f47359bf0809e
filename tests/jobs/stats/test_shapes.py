"""Distributions, deltas and series, whatever they count."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.statements.fields import sort_key
from emmaa_jobs.stats.shapes import delta, distribution, extended

KEYS = st.one_of(st.integers(), st.text(max_size=4))


@given(st.lists(KEYS))
def test_a_distribution_counts_everything_once_highest_first(items: list[str | int]) -> None:
    counts = Counter(items)
    found: list[Any] = distribution(counts)
    assert dict(found) == counts
    assert found == sorted(found, key=lambda pair: (-int(pair[1]), sort_key(pair[0])))


@given(st.lists(KEYS))
def test_equal_counts_give_the_same_order_whatever_came_first(items: list[str | int]) -> None:
    forward, backward = Counter(items), Counter(reversed(items))
    assert distribution(forward) == distribution(backward)


@given(st.lists(KEYS), st.lists(KEYS))
def test_a_delta_leads_from_before_to_now(now: list[str | int], before: list[str | int]) -> None:
    news = delta(now, before)
    added, removed = set(news["added"]), set(news["removed"])
    assert (set(before) - removed) | added == set(now)
    assert not added & set(before)
    assert not removed & set(now)
    assert [len(added), len(removed)] == [len(news["added"]), len(news["removed"])]


@given(st.lists(KEYS))
def test_a_first_round_and_an_unchanged_one_have_no_news(now: list[str | int]) -> None:
    assert delta(now, None) == delta(now, now) == {"added": [], "removed": []}


@given(st.lists(st.integers()), st.integers())
def test_a_series_grows_by_one_and_leaves_its_origin_alone(series: list[int], value: int) -> None:
    before = {"n": list(series)}
    assert extended(before, "n", value) == [*series, value]
    assert before == {"n": series}


def test_an_unknown_series_starts_with_its_first_value() -> None:
    assert extended(None, "n", 3) == extended({}, "n", 3) == [3]
