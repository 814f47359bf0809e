"""The objects that the EMMAA page shows (docs/reference/overview.md)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.names import MAX_LENGTH
from emmaa_cycle.overview.figures import MAX_NEWS, MAX_POINTS, OtherFigures
from emmaa_cycle.overview.from_statistics import corpus_figures, model_figures
from emmaa_cycle.overview.part import JobRun, Part, parse_part, part_text
from emmaa_cycle.s3_layout import overview_key, overview_prefix
from emmaa_cycle.stages import Stage
from tests.unit.cycle.strategies import names, rounds

texts = st.text(st.characters(exclude_categories=())) | st.text(max_size=5).map(lambda t: t * 300)
counts = st.integers(min_value=0, max_value=10**9)
runs = st.builds(JobRun, date=rounds, seconds=st.floats(0, 1e6), definition=texts)
parts = st.builds(
    Part,
    model=names,
    stage=st.sampled_from(Stage),
    corpus=st.just("") | names,
    date=rounds,
    run_id=texts,
    summary=texts,
    figures=st.builds(OtherFigures, counts=st.dictionaries(texts, counts, max_size=3)),
    jobs=st.lists(runs, max_size=3, unique_by=lambda run: run.date).map(tuple),
)
#: Anything that JSON can hold, Python's additions to it included.
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def model_document(rounds_: int = 2) -> dict[str, Any]:
    return {
        "model_summary": {
            "number_of_statements": 5,
            "stmts_by_evidence": [["3", 4], ["1", 2], ["2", 1], ["4", 1], ["5", 1]],
            "all_stmts": {str(n): ["", f"A{n} activates B.", ""] for n in range(1, 6)},
        },
        "model_delta": {
            "statements_hashes_delta": {"added": ["1", "2", "3", "4"], "removed": ["9"]}
        },
        "paper_delta": {"raw_paper_ids_delta": {"added": [7], "removed": []}},
        "paper_summary": {"number_of_raw_papers": 12},
        "changes_over_time": {
            "dates": [f"2026-03-{1 + n % 28:02}-17-00-00" for n in range(rounds_)],
            "number_of_statements": list(range(rounds_)),
            "number_of_raw_papers": [12],
        },
    }


def corpus_document() -> dict[str, Any]:
    passed = {"passed_hashes_delta": {"added": ["1", "2"], "removed": ["3"]}}
    return {
        "test_round_summary": {
            "test_data": {"name": "Ras tests", "description": "Textbook."},
            "number_applied_tests": 4,
            "all_test_results": {"1": {"test": ["", "A activates B.", ""], "pysb": ["Pass", []]}},
            "path_stmt_counts": [],
            "pysb": {"number_passed_tests": 3, "passed_ratio": 0.75},
            "pybel": {"number_passed_tests": 0, "passed_ratio": 0},
        },
        "tests_delta": {"applied_hashes_delta": {"added": [], "removed": []}, "pysb": passed},
        "changes_over_time": {
            "number_applied_tests": [4, 4],
            "dates": ["2026-03-01-17-00-00", "2026-03-02-17-00-00"],
            "pysb": {"number_passed_tests": [2, 3], "passed_ratio": [0.5, 0.75]},
            "pybel": {"number_passed_tests": [0], "passed_ratio": [0]},
        },
    }


@given(parts)
def test_any_part_is_read_back_as_it_was_written(part: Part) -> None:
    assert parse_part(part_text(part).encode()) == part
    assert len(part.summary) <= 300


@given(parts, st.lists(st.tuples(rounds, st.floats(0, 1e6)), max_size=60))
def test_the_newest_round_stays_whatever_comes_later(
    part: Part, others: list[tuple[str, float]]
) -> None:
    merged = part.after(part)
    for date, seconds in others:
        run = JobRun(date=date, seconds=seconds)
        merged = part.model_copy(update={"date": date, "jobs": (run,)}).after(merged)
    assert merged.date == max([part.date, *(date for date, _ in others)])
    dates = [run.date for run in merged.jobs]
    assert dates == sorted(set(dates))
    assert len(dates) <= MAX_POINTS
    assert merged.after(merged) == merged


def test_the_figures_of_a_model_are_those_of_its_statistics() -> None:
    figures = model_figures(model_document())
    assert (figures.statements, figures.added, figures.removed) == (5, 4, 1)
    assert (figures.papers, figures.new_papers) == (12, 1)
    assert [(each.sentence, each.evidence) for each in figures.news] == [
        ("A3 activates B.", 4),
        ("A1 activates B.", 2),
        ("A2 activates B.", 1),
    ]
    assert figures.statement_series == (0, 1)
    assert figures.paper_series == (None, 12)


def test_a_long_history_is_cut_to_the_points_of_a_sparkline() -> None:
    document = model_document(365)
    figures = model_figures(document)
    assert len(figures.dates) == len(figures.paper_series) == MAX_POINTS
    assert figures.statement_series == tuple(range(365 - MAX_POINTS, 365))
    assert len(figures.news) == MAX_NEWS


def test_the_figures_of_a_corpus_are_those_of_its_statistics() -> None:
    figures = corpus_figures(corpus_document())
    assert (figures.name, figures.applied) == ("Ras tests", 4)
    pysb, pybel = figures.types["pysb"], figures.types["pybel"]
    assert (pysb.passed, pysb.ratio, pysb.change) == (3, 0.75, 0.25)
    assert (pysb.newly_passed, pysb.newly_failed) == (2, 1)
    assert pysb.series == (0.5, 0.75)
    assert pybel.series == (None, 0)
    assert pybel.change is None
    assert list(figures.types) == ["pysb", "pybel"]


def test_a_part_of_four_model_types_with_a_full_history_stays_small() -> None:
    document = corpus_document()
    series = document["changes_over_time"]
    series["dates"] = [f"2026-{1 + n // 28:02}-{1 + n % 28:02}-17-00-00" for n in range(40)]
    for number, mc_type in enumerate(("pysb", "pybel", "signed_graph", "unsigned_graph")):
        ratios = [((number + 7) * n % 101) / 101 for n in range(40)]
        series[mc_type] = {"passed_ratio": ratios}
        document["test_round_summary"][mc_type] = {
            "number_passed_tests": 1,
            "passed_ratio": ratios[-1],
        }
    date = series["dates"][-1]
    part = Part(
        model="m", stage=Stage.TEST_STATS, corpus="c", date=date, figures=corpus_figures(document)
    )
    assert len(part_text(part)) < 3000


@pytest.mark.parametrize("document", [model_document(), corpus_document()], ids=["model", "corpus"])
@given(st.data(), odd)
def test_statistics_of_any_form_give_figures_or_a_reason(
    document: dict[str, Any], data: st.DataObject, value: Any
) -> None:
    """One field, at any depth, is replaced by something else."""
    changed = copy.deepcopy(document)
    place, figures = changed, model_figures if "model_summary" in document else corpus_figures
    while True:
        key = data.draw(st.sampled_from(sorted(place, key=str)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    try:
        made = figures(changed)
    except InputError:
        return
    part = Part(model="m", stage=Stage.MODEL_STATS, date="2026-03-02-17-00-00", figures=made)
    assert parse_part(part_text(part).encode()) == part


@given(odd)
def test_what_is_no_part_is_refused_with_a_reason(document: Any) -> None:
    with pytest.raises(InputError, match="no part of an overview"):
        parse_part(json.dumps(document).encode(errors="backslashreplace"))


def test_a_part_of_a_later_version_may_have_more_fields() -> None:
    part = Part(
        model="m",
        stage=Stage.TESTS,
        corpus="c",
        date="2026-03-02-17-00-00",
        figures=OtherFigures(counts={"applied": 3}),
    )
    document = {**part.document(), "new": 1}
    document["figures"]["new"] = 2
    assert parse_part(json.dumps(document)) == part
    assert part.key == "overview/m/tests_c.json"


def test_a_part_s_key_has_room_for_a_stage_and_the_longest_corpus() -> None:
    assert overview_key("m", "s" * 2 * MAX_LENGTH).endswith("s.json")
    with pytest.raises(InputError, match=f"longer than {2 * MAX_LENGTH}"):
        overview_key("m", "s" * (2 * MAX_LENGTH + 1))


@given(names, names)
def test_a_model_s_overview_is_in_its_own_folder(model: str, other: str) -> None:
    key = overview_key(model, "tests_c")
    assert key.startswith(overview_prefix())
    assert key.startswith(overview_prefix(other)) == (model == other)
