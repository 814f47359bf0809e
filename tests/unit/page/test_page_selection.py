"""Rows of a request, sparklines, and runs of rounds."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.page.rounds import round_row
from emmaa_airflow.page.selection import PAGE_ROWS, Filter, Order, Selection
from emmaa_airflow.page.sparkline import sparkline
from emmaa_cycle.overview.figures import CorpusFigures, TypeFigures
from emmaa_cycle.overview.from_statistics import model_figures
from emmaa_cycle.overview.model import CorpusRow, ModelRow, model_row
from emmaa_cycle.overview.part import Part
from emmaa_cycle.stages import Stage
from emmaa_cycle.uploads import Upload, UploadKind
from tests.unit.cycle.strategies import names
from tests.unit.cycle.test_cycle_overview import model_document
from tests.unit.page.page_bucket import DAY_1, DAY_2, parts

values = st.none() | st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9)


def row(model: str, title: str = "", statements: int | None = None, date: str = DAY_2) -> ModelRow:
    found = {part.scope: part for part in parts(model, title or model, date)}
    if statements is None:
        return model_row(model, found)
    document = model_document()
    document["model_summary"]["number_of_statements"] = statements
    figures = model_figures(document)
    found[Stage.MODEL_STATS] = Part(
        model=model, stage=Stage.MODEL_STATS, date=date, figures=figures
    )
    return model_row(model, found)


ROWS = [row("c", "Alpha", 3), row("a", "beta", 1), row("b", "Gamma", 2), model_row("empty", {})]


def chosen(**fields: object) -> list[str]:
    return [each.model for each in Selection(**fields).of(ROWS)]  # type: ignore[arg-type]


def test_rows_are_sorted_and_unknown_values_come_last() -> None:
    assert chosen() == ["c", "a", "empty", "b"]
    assert chosen(sort=Order.STATEMENTS) == ["a", "b", "c", "empty"]
    assert chosen(sort=Order.STATEMENTS, descending=True) == ["c", "b", "a", "empty"]


def with_changes(model: str, *changes: float | None) -> ModelRow:
    types = {
        f"type {number}": TypeFigures(passed=1, ratio=0.5, change=change)
        for number, change in enumerate(changes)
    }
    figures = CorpusFigures(name="Ras", applied=1, types=types)
    return replace(row(model), corpora=(CorpusRow("ras", DAY_2, figures),))


def test_a_change_of_the_pass_rate_is_the_worst_of_all_types() -> None:
    rows = [
        with_changes("a", -0.1),
        with_changes("b", -0.2, 0.3),
        with_changes("c", 0.0, None),
        with_changes("d", None),
    ]
    found = Selection(sort=Order.CHANGE).of(rows)
    assert [each.model for each in found] == ["b", "a", "c", "d"]


def test_rows_are_found_by_name_title_and_state() -> None:
    assert chosen(find="ALPH") == ["c"]
    assert chosen(find="b") == ["a", "b"]
    assert chosen(state=Filter.NONE) == ["empty"]
    assert chosen(state=Filter.FINISHED) == ["c", "a", "b"]
    assert chosen(only=("a", "empty", "gone")) == ["a", "empty"]


@given(st.lists(names, unique=True, max_size=120), st.integers(0, 130))
def test_pages_hold_each_row_once(models: list[str], start: int) -> None:
    rows = Selection().of([model_row(model, {}) for model in models])
    pages = [Selection(start=n).page(rows) for n in range(0, len(rows) or 1, PAGE_ROWS)]
    assert [each for page in pages for each in page] == rows
    assert len(Selection(start=start).page(rows)) <= PAGE_ROWS


@given(st.lists(values, max_size=40))
def test_a_sparkline_is_an_svg_of_numbers_within_its_frame(series: list[float | None]) -> None:
    drawn = sparkline(series)
    if len([value for value in series if value is not None]) < 2:
        assert drawn == ""
        return
    root = ElementTree.fromstring(drawn)  # noqa: S314 - it is our own
    line = root.find("polyline")
    assert line is not None
    numbers = [float(number) for number in re.split("[ ,]", line.attrib["points"])]
    assert all(0 <= number <= 72 for number in numbers)


def test_a_run_s_round_is_that_of_its_objects_or_of_its_upload() -> None:
    upload = Upload("emmaa", "k", "e", UploadKind.MODEL_MANAGER, "ras model", DAY_1)
    found = {part.scope: part for part in parts("ras model")}
    found[Stage.QUERIES] = found[Stage.QUERIES].model_copy(
        update={"dag_id": upload.dag_id, "run_id": "manual__1"}
    )
    rows = [model_row("other", {}), model_row("ras model", found)]
    by_hand = round_row(rows, upload.dag_id, "manual__1")
    assert by_hand is not None
    assert (by_hand.row.model, by_hand.date, by_hand.is_newest) == ("ras model", DAY_2, True)
    uploaded = round_row(rows, upload.dag_id, upload.run_id)
    assert uploaded is not None
    assert (uploaded.row.model, uploaded.date, uploaded.is_newest) == ("ras model", DAY_1, False)


@pytest.mark.parametrize(
    ("dag_id", "run_id"),
    [
        ("emmaa_upload_watch", "scheduled__2026"),
        ("emmaa_mm_update", "manual__2"),
        ("emmaa_mm_update", f"upload__gone__{DAY_1}__0123456789abcdef"),
    ],
)
def test_other_runs_are_no_round(dag_id: str, run_id: str) -> None:
    assert round_row([model_row("rasmodel", {})], dag_id, run_id) is None
