"""The cost of a model (emmaa_cycle/overview/cost.py)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.overview.cost import DAYS, Cost, Rates, model_cost, stage_of
from emmaa_cycle.resources import BATCH_TARGETS, BatchTarget, ResourceClass
from emmaa_cycle.settings_sections import Cost as Prices
from emmaa_cycle.stages import Stage

TODAY = date(2026, 3, 2)
RATES = Rates(Prices(vcpu_hour=1, gb_hour=0.1))
HOUR = 3600.0


def at(days_ago: int) -> str:
    return f"{TODAY - timedelta(days=days_ago)}-17-00-00"


def test_hours_are_those_of_the_definition_s_processors_and_memory() -> None:
    found = model_cost("m", "M", {"queries": {"emmaa_jobdef": {at(0): HOUR}}}, RATES, TODAY)
    gb = 15_000 / 1024
    expected = Cost(jobs=1, hours=1, vcpu_hours=2, gb_hours=gb, dollars=2 + 0.1 * gb)
    assert (found.today, found.month) == (expected, expected)
    assert found.stages == {"queries": (expected, expected)}


@pytest.mark.parametrize(
    ("days_ago", "today", "month"),
    [(0, 1, 1), (1, 0, 1), (DAYS - 1, 0, 1), (DAYS, 0, 0), (-1, 0, 0)],
)
def test_periods_are_whole_days_that_end_today(days_ago: int, today: int, month: int) -> None:
    spent = {"queries": {"emmaa_jobdef": {at(days_ago): HOUR}}}
    found = model_cost("m", "M", spent, RATES, TODAY)
    assert (found.today.jobs, found.month.jobs) == (today, month)


def test_corpora_are_added_to_their_stage_and_the_dearest_is_named() -> None:
    spent = {
        "tests_a": {"emmaa_testing_jobs_def": {at(0): HOUR}},
        "tests_test_stats": {"emmaa_testing_jobs_def": {at(1): HOUR}},
        "test_stats_a": {"emmaa_jobdef": {at(0): HOUR}},
    }
    found = model_cost("m", "M", spent, RATES, TODAY)
    assert [(stage, month.jobs) for stage, (_, month) in found.stages.items()] == [
        ("tests", 2), ("test_stats", 1),
    ]  # fmt: skip
    assert found.dearest == "tests"
    assert [stage.title for stage in found.by_stage()] == ["tests", "test_stats"]
    assert found.today.jobs == 2


def test_a_job_of_an_unknown_definition_has_hours_alone() -> None:
    found = model_cost("m", "M", {"queries": {"": {at(0): HOUR}}}, RATES, TODAY)
    assert found.month == Cost(jobs=1, hours=1, unknown_hours=1)


def test_a_definition_of_the_settings_has_the_resources_of_its_class() -> None:
    targets = {**BATCH_TARGETS, ResourceClass.LARGE: BatchTarget("q", "mine")}
    rates = Rates(Prices(vcpu_hour=1, gb_hour=0), targets)
    assert rates.cost("mine", HOUR).dollars == 4


def test_no_job_costs_nothing() -> None:
    found = model_cost("m", "M", {}, RATES, TODAY)
    assert (found.month, found.dearest, found.by_stage()) == (Cost(), "", [])


@given(st.sampled_from(Stage), st.text(max_size=9))
def test_a_part_s_stage_is_known_whatever_its_corpus_is_called(stage: Stage, corpus: str) -> None:
    scope = f"{stage}_{corpus}"
    assert stage_of(str(stage)) == stage
    # Of the stages that run once a corpus, none starts with another's name.
    if stage in (Stage.TESTS, Stage.TEST_STATS):
        assert stage_of(scope) == stage


@given(
    st.dictionaries(
        st.sampled_from(["tests_a", "queries", "odd"]),
        st.dictionaries(
            st.sampled_from(["emmaa_jobdef", "emmaa_testing_jobs_def", ""]),
            st.dictionaries(st.integers(-2, 40).map(at), st.floats(0, 1e6), max_size=5),
        ),
    )
)
def test_the_sum_is_that_of_the_stages(spent: dict[str, dict[str, dict[str, float]]]) -> None:
    found = model_cost("m", "M", spent, RATES, TODAY)
    assert found.month.dollars == pytest.approx(
        sum(month.dollars for _, month in found.stages.values())
    )
    assert found.today.hours <= found.month.hours
    assert found.month.unknown_hours <= found.month.hours
