"""A model's figures over time (emmaa_cycle/overview/series.py)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.series import MAX_ROUNDS, Chart, Line, corpus_charts, model_charts
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document, odd

DATES = ("2026-03-01-17-00-00", "2026-03-02-17-00-00")


def test_statements_and_papers_have_a_chart_each() -> None:
    assert model_charts(model_document()) == (
        Chart("Statements", DATES, (Line("statements", (0, 1)),)),
        # The papers were first counted in the second round.
        Chart("Papers", DATES, (Line("papers", (None, 12)),)),
    )


def test_a_corpus_has_a_line_for_applied_tests_and_one_a_model_type() -> None:
    (chart,) = corpus_charts("ras_tests", corpus_document())
    assert chart == Chart(
        "Tests of ras_tests",
        DATES,
        (
            Line("applied", (4, 4)),
            Line("passed: pysb", (2, 3)),
            Line("passed: pybel", (None, 0)),
        ),
    )


def test_old_rounds_beyond_the_limit_are_left_out() -> None:
    statements, _ = model_charts(model_document(MAX_ROUNDS + 5))
    assert len(statements.dates) == len(statements.lines[0].values) == MAX_ROUNDS
    assert statements.lines[0].values[-1] == MAX_ROUNDS + 4


def test_no_round_is_an_empty_chart() -> None:
    statements, _ = model_charts({"changes_over_time": {"dates": []}})
    assert statements == Chart("Statements", (), (Line("statements", ()),))


@pytest.mark.parametrize("value", ["7", True, float("nan"), float("inf"), [1]])
def test_what_is_no_number_is_named(value: Any) -> None:
    document = model_document()
    document["changes_over_time"]["number_of_statements"] = [1, value]
    with pytest.raises(InputError, match="changes over time cannot be read"):
        model_charts(document)


@given(odd)
def test_any_json_is_read_or_refused(document: Any) -> None:
    wrapped = {"changes_over_time": {"dates": list(DATES), "number_of_statements": document}}
    for value in (document, {"changes_over_time": document}, wrapped):
        for read in (model_charts, lambda found: corpus_charts("c", found)):
            try:
                charts = read(value)
            except InputError:
                continue
            assert all(len(line.values) == len(c.dates) for c in charts for line in c.lines)
