"""Tests of the questions about simulated amounts: thresholds, patterns, temporal logic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.model_config import HypothesisTester
from emmaa_jobs.queries.simulation_queries import PATTERNS
from emmaa_jobs.simulation.patterns import (
    COMMON,
    Pattern,
    SequentialTest,
    found_instead,
    high_threshold,
    satisfaction,
)
from emmaa_jobs.simulation.temporal_logic import Always, Both, Eventually, Formula, Is

timeless = settings(deadline=None)
series = st.lists(st.booleans(), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("amounts", "threshold"),
    [
        ([0, 50, 100], 30),
        ([9e-6, 10_000], 30),
        ([1e-5, 1], 10 + 1e-5),
        ([50, 50, 50], 60),
        ([50, 60, 55], 60),
        ([50, 150, 100], 100),
        ([100, 0, 20], 150),
    ],
)
def test_what_is_high_depends_on_the_start(amounts: list[float], threshold: float) -> None:
    """docs/reference/query-answers.md#temporal-patterns has the same numbers."""
    assert high_threshold(np.array(amounts, dtype=float)) == pytest.approx(threshold)


def plainly(kind: str, value: str | None, highs: list[bool]) -> bool:
    """Evaluate the patterns again, without temporal logic."""
    wanted = value == "high"
    return {
        "always_value": set(highs) == {wanted},
        "no_change": set(highs) == {wanted},
        "eventual_value": highs[-1] == wanted,
        "sometime_value": wanted in highs,
        "sustained": highs[-1],
        "transient": any(highs) and not highs[-1],
    }[kind]


@timeless
@given(series, st.sampled_from(sorted(PATTERNS)), st.sampled_from(["low", "high", None]))
def test_patterns_mean_what_they_say(highs: list[bool], kind: str, value: str | None) -> None:
    assert Pattern(kind, value).formula.holds(highs) == plainly(kind, value, highs)


def formulas(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return inner.map(Always) | inner.map(Eventually) | st.builds(Both, inner, inner)


simple: st.SearchStrategy[Formula] = formulas(st.booleans().map(Is))


def by_definition(formula: Formula, highs: list[bool]) -> bool:
    suffixes = [highs[start:] for start in range(len(highs))]
    match formula:
        case Is(high):
            return highs[0] == high
        case Always(inner):
            return all(by_definition(inner, each) for each in suffixes)
        case Eventually(inner):
            return any(by_definition(inner, each) for each in suffixes)
        case Both(one, other):
            return by_definition(one, highs) and by_definition(other, highs)
    raise AssertionError(formula)


@timeless
@given(
    st.booleans().map(Is) | formulas(simple) | formulas(formulas(simple)),
    st.lists(st.booleans(), min_size=1, max_size=6),
)
def test_formulas_hold_as_defined(formula: Formula, highs: list[bool]) -> None:
    assert formula.holds(highs) == by_definition(formula, highs)


def test_the_share_of_simulations_with_a_pattern() -> None:
    runs = [[False, True], [False, False], [False, True], [False, True]]
    assert satisfaction(Pattern("sustained"), runs) == 0.75


@timeless
@given(st.lists(series, min_size=1, max_size=4))
def test_what_is_found_instead_is_the_first_that_most_show(runs: list[list[bool]]) -> None:
    found = found_instead(runs)
    frequent = [each for each in COMMON if satisfaction(each, runs) > 0.5]
    assert found == (frequent[0] if frequent else None)


def test_patterns_are_written_as_the_original_writes_them() -> None:
    low = '(:type "eventual_value" :value (:type "qualitative" :value "low"))'
    assert Pattern("eventual_value", "low").kqml == low
    assert Pattern("transient").kqml == '(:type "transient")'


TEST = SequentialTest(HypothesisTester(prob=0.8, alpha=0.1, beta=0.1, delta=0.05))


@pytest.mark.parametrize(
    ("satisfied", "failed", "decided"),
    [(17, 0, False), (18, 0, True), (0, 4, False), (0, 5, True), (8, 2, False), (80, 20, False)],
)
def test_simulations_end_when_their_share_is_clear(
    satisfied: int, failed: int, decided: bool
) -> None:
    assert TEST.decided(satisfied, failed) == decided


@timeless
@given(st.integers(0, 200), st.integers(0, 200))
def test_more_of_the_same_never_undoes_a_decision(satisfied: int, failed: int) -> None:
    if TEST.decided(satisfied, failed):
        more = (satisfied + 10, failed), (satisfied, failed + 10)
        assert any(TEST.decided(*each) for each in more)
