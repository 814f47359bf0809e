"""Findings of the gate in a round's statistics."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.quality.findings import (
    MAX_EXAMPLES,
    Finding,
    judge_corpus,
    judge_model,
    previous_date,
)
from emmaa_cycle.quality_rules import QualityRules
from tests.unit.cycle.round_statistics import (
    Tests,
    corpus_stats,
    kinds,
    model_stats,
    ratio,
    some,
)


@pytest.mark.parametrize(
    ("statements", "added", "removed", "is_bad"),
    [(8, 0, 2, False), (79, 0, 21, True), (100, 79, 21, True), (0, 0, 1, True), (5, 5, 0, False)],
)
def test_a_round_may_lose_a_share_of_the_earlier_rounds_statements(
    statements: int, added: int, removed: int, is_bad: bool
) -> None:
    statistics = model_stats(statements, added=added, removed=removed)
    assert kinds(judge_model(QualityRules(), statistics)) == ["lost_statements"] * is_bad


@given(
    before=st.integers(1, 5000), data=st.data(), limit=st.floats(0, 100), added=st.integers(0, 50)
)
def test_what_is_lost_decides_and_what_is_new_does_not(
    before: int, data: st.DataObject, limit: float, added: int
) -> None:
    removed = data.draw(st.integers(0, before))
    statistics = model_stats(before - removed + added, added=added, removed=removed)
    found = judge_model(QualityRules(lost_percent=limit), statistics)
    share = 100 * removed / before
    if abs(share - limit) > 1e-3:
        assert bool(found) == (share > limit)
    if limit == 100 or removed == 0:
        assert not found


def test_the_lost_statements_are_named() -> None:
    before = model_stats(30)
    now = model_stats(2, removed=28)
    (finding,) = judge_model(QualityRules(), now, before)
    assert finding.sentence == "lost 28 of 30 statements (93.3 %, the limit is 20 %)"
    assert len(finding.examples) == MAX_EXAMPLES
    assert set(finding.examples) <= {f"S{number}." for number in range(2, 30)}
    assert finding.more == 18


def test_examples_that_cannot_be_made_cost_only_themselves() -> None:
    (finding,) = judge_model(QualityRules(), model_stats(2, removed=28), {"model_summary": 1})
    assert finding.examples == ()


ANY_TESTS = st.dictionaries(st.sampled_from("abcdefghijkl"), st.booleans())


@settings(max_examples=500)
@given(before=ANY_TESTS, now=ANY_TESTS, limit=st.floats(0, 100))
def test_a_pass_rate_may_fall_by_so_many_points(before: Tests, now: Tests, limit: float) -> None:
    found = judge_corpus(QualityRules(pass_rate_points=limit), "ras", corpus_stats(before, now))
    still = {number: now.get(number, False) for number in before}
    fall = 100 * (ratio(before) - ratio(still))
    if abs(fall - limit) > 1e-3:
        assert bool(found) == (fall > limit)


@settings(max_examples=300)
@given(before=ANY_TESTS, new=st.dictionaries(st.sampled_from("uvwxyz"), st.booleans()))
def test_tests_that_apply_for_the_first_time_are_no_fall(before: Tests, new: Tests) -> None:
    rules = QualityRules(pass_rate_points=0)
    assert judge_corpus(rules, "ras", corpus_stats(before, {**before, **new})) == []


def test_new_tests_do_not_make_up_for_failed_ones() -> None:
    now = {"0": True, "1": False, "2": True, "3": True}
    before = corpus_stats(some(2, 2))
    (finding,) = judge_corpus(QualityRules(), "ras", corpus_stats(some(2, 2), now), before)
    assert finding.sentence == (
        "ras, pysb: pass rate fell from 100 % to 50 % of the 2 tests that applied before"
        " (the limit is 10 points)"
    )
    assert finding.examples == ("T1.",)


def test_a_test_that_no_longer_applies_does_not_pass() -> None:
    before = corpus_stats(some(4, 4))
    now = corpus_stats(some(4, 4), some(3, 3))
    (finding,) = judge_corpus(QualityRules(), "ras", now, before)
    assert "fell from 100 % to 75 % of the 4 tests that applied before" in finding.sentence
    assert finding.examples == ("T3. (not applied any more)",)
    assert judge_corpus(QualityRules(), "ras", corpus_stats(some(3, 4), some(3, 3))) == []


def test_exactly_the_limit_is_kept() -> None:
    assert judge_corpus(QualityRules(), "ras", corpus_stats(some(8, 10), some(7, 10))) == []


def test_a_fall_names_corpus_type_and_failed_tests() -> None:
    now = corpus_stats(some(2, 10), some(9, 10), some(5, 10))
    before = corpus_stats(some(2, 10), some(9, 10))
    (finding,) = judge_corpus(QualityRules(), "ras", now, before)
    assert finding.sentence == (
        "ras, pysb: pass rate fell from 90 % to 50 % (the limit is 10 points)"
    )
    assert (finding.corpus, finding.examples) == ("ras", ("T5.", "T6.", "T7.", "T8."))


def test_a_first_result_is_no_fall() -> None:
    rules = QualityRules(pass_rate_points=0)
    assert judge_corpus(rules, "ras", corpus_stats(some(1, 10))) == []
    of_new_type = corpus_stats(some(9, 10), some(1, 10))
    of_new_type["changes_over_time"]["pysb"]["passed_ratio"] = [None, 0.1]
    assert judge_corpus(rules, "ras", of_new_type) == []


def rounds_without_papers(rules: QualityRules, growth: list[int], days: float) -> list[int]:
    """Judge each round of a series, and return the numbers of those without papers."""
    counts = [5]
    for new in growth:
        counts.append(counts[-1] + new)
    return [
        number
        for number in range(1, len(counts))
        if judge_model(
            rules,
            model_stats(papers=counts[: number + 1], days=days, new_papers=growth[number - 1]),
        )
    ]


def test_a_model_without_new_papers_is_reported_once() -> None:
    quiet = [1, *[0] * 9, 1, *[0] * 9]
    found = rounds_without_papers(QualityRules(days_without_papers=3), quiet, 1)
    assert found == [5, 15]
    assert rounds_without_papers(QualityRules(days_without_papers=0), quiet, 1) == []
    (finding,) = judge_model(
        QualityRules(days_without_papers=3), model_stats(papers=[5, 6, 6, 6, 6, 6])
    )
    assert finding.sentence == "no new paper for 4 days, since 2026-03-02 (the limit is 3 days)"


@given(
    growth=st.lists(st.sampled_from([0, 0, 0, 1, 3]), min_size=1, max_size=40),
    limit=st.integers(1, 10),
    days=st.sampled_from([0.5, 1, 2, 7]),
)
def test_each_gap_that_is_too_long_is_reported_exactly_once(
    growth: list[int], limit: int, days: float
) -> None:
    found = rounds_without_papers(QualityRules(days_without_papers=limit), growth, days)
    expected, newest = [], 0
    for number, new in enumerate(growth, 1):
        newest = number if new else newest
        age = (number - newest) * days
        if age > limit >= age - days:
            expected.append(number)
    assert found == expected


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any]) -> Any:
    """Draw statistics of which one part is something else."""
    drawn: Any = {"": copy.deepcopy(whole)}
    holder, place = drawn, ""
    while isinstance(holder[place], dict | list) and holder[place] and draw(st.integers(0, 3)):
        holder = holder[place]
        places: Any = list(holder) if isinstance(holder, dict) else range(len(holder))
        place = draw(st.sampled_from(places))
    holder[place] = draw(JUNK)
    return drawn[""]


@given(
    model=damaged(model_stats(3, removed=2)), corpus=damaged(corpus_stats(some(9, 9), some(1, 10)))
)
def test_damaged_statistics_are_judged_or_refused_and_nothing_else(model: Any, corpus: Any) -> None:
    found: list[Finding] = []
    with contextlib.suppress(InputError):
        found += judge_model(QualityRules(), model, corpus)
    with contextlib.suppress(InputError):
        found += judge_corpus(QualityRules(), "ras", corpus, model)
    assert all(finding.sentence.isprintable() for finding in found)
    assert isinstance(previous_date(model), str)
