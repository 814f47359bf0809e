"""Tests of the keys and types that the original dashboard's pages read of the statistics.

Taken from ``emmaa_service`` of gyorilab/emmaa: ``api.py`` (the model, test, paper and statement
pages), ``templates/tabs`` and ``static/emmaaFunctions.js``. A key that is missing, or ``null``
where a page iterates over it, is an error 500 of every page of the model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from emmaa_jobs.stats.curations import empty_summary, heal_earlier_stats
from emmaa_jobs.stats.model_stats import make_model_stats

MODEL, CORPUS = "rasmodel", "demo_tests"
DAY1, DAY2, DAY3 = (f"2026-03-0{day}-17-00-00" for day in (1, 2, 3))
Hash = Annotated[str, Field(pattern=r"^-?\d+$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}(-\d\d){5}$")]
Count = tuple[str, int]
#: Link, text and tooltip of a cell.
Cell = tuple[str, str, str]
Paper = str | int


class _Read(BaseModel):
    model_config = ConfigDict(strict=True)


class Delta(_Read):
    added: list[Paper]
    removed: list[Paper]


class ModelSummary(_Read):
    model_name: str
    number_of_statements: int
    stmts_type_distr: list[Count]
    agent_distr: list[Count]
    stmts_by_evidence: list[tuple[Hash, int]]
    sources: list[Count]
    assembled_beliefs: list[float]
    all_stmts: dict[Hash, Cell]


class ModelDelta(_Read):
    statements_hashes_delta: Delta


class PaperDelta(_Read):
    raw_paper_ids_delta: Delta


class PaperSummary(_Read):
    raw_paper_ids: list[Paper]
    number_of_raw_papers: int
    number_of_assembled_papers: int
    stmts_by_paper: dict[str, list[int]]
    paper_distr: list[tuple[Paper, int]]
    raw_paper_counts: dict[str, int]
    paper_titles: dict[str, str]
    paper_links: dict[str, tuple[str, str]]


class CurationSummary(_Read):
    curators_ev_counts: list[Count]
    curators_stmt_counts: list[Count]
    curs_by_tags: list[Count]
    cur_ev_dates: list[tuple[Moment, int]]
    cur_stmt_dates: list[tuple[Moment, int]]


class ModelSeries(_Read):
    number_of_statements: list[int]
    number_of_raw_papers: list[int]
    number_of_assembled_papers: list[int]
    dates: list[Moment]


class ModelStats(_Read):
    model_summary: ModelSummary
    model_delta: ModelDelta
    paper_delta: PaperDelta
    paper_summary: PaperSummary
    curation_summary: CurationSummary
    changes_over_time: ModelSeries


Verdict = Literal["Pass", "Fail", "n_a"]


class TestResult(_Read):
    __test__ = False

    test: Cell
    signed_graph: tuple[Verdict, str | list[Any]]


class TypeSummary(_Read):
    number_passed_tests: int
    passed_ratio: float


class TestSummary(_Read):
    __test__ = False

    test_data: dict[str, str]
    number_applied_tests: int
    all_test_results: dict[Hash, TestResult]
    path_stmt_counts: list[tuple[Hash, int]]
    signed_graph: TypeSummary


class TypeDelta(_Read):
    passed_hashes_delta: Delta


class TestsDelta(_Read):
    __test__ = False

    applied_hashes_delta: Delta
    signed_graph: TypeDelta


class TypeSeries(_Read):
    number_passed_tests: list[int]
    passed_ratio: list[float]


class TestSeries(_Read):
    __test__ = False

    number_applied_tests: list[int]
    dates: list[Moment]
    signed_graph: TypeSeries


class TestStats(_Read):
    __test__ = False

    test_round_summary: TestSummary
    tests_delta: TestsDelta
    changes_over_time: TestSeries


@pytest.fixture(params=["some statements", "an empty model"])
def model_rounds(request: pytest.FixtureRequest, statements: Any, write_round: Any) -> None:
    found = [statements.egf_egfr(), statements.braf_map2k1(), statements.subjectless()]
    for date, count in ((DAY1, 1), (DAY2, 3)):
        shown = found[:count] if request.param == "some statements" else []
        write_round(date, shown, papers=["demo-0001", 7])


def test_the_model_pages(bucket: Bucket, model_rounds: None) -> None:
    for date in (DAY1, DAY2):
        make_model_stats(bucket, MODEL, date)
        found = ModelStats.model_validate_json(bucket.read_bytes(model_stats_key(MODEL, date)))
        shown = {key for key, _ in found.model_summary.stmts_by_evidence[:10]}
        shown |= set(map(str, found.model_delta.statements_hashes_delta.added))
        assert shown <= found.model_summary.all_stmts.keys()
        series = found.changes_over_time
        assert len(series.number_of_statements) == len(series.dates) > 0


@pytest.mark.parametrize("count", [0, 3])
def test_the_test_pages(bucket: Bucket, statements: Any, write_results: Any, count: int) -> None:
    tests = [statements.egf_egfr(), statements.braf_map2k1(), statements.dimer()][:count]
    codes = ["PATHS_FOUND", "NO_PATHS_FOUND", "STATEMENT_TYPE_NOT_HANDLED"][:count]
    for date in (DAY1, DAY2):
        write_results(date, tests, counts={"12": 1}, signed_graph=codes)
        make_corpus_stats(bucket, MODEL, CORPUS, date)
        key = corpus_stats_key(MODEL, CORPUS, date)
        found = TestStats.model_validate_json(bucket.read_bytes(key))
        summary, delta = found.test_round_summary, found.tests_delta
        news = [*delta.applied_hashes_delta.added, *delta.signed_graph.passed_hashes_delta.added]
        assert {str(each) for each in news} <= summary.all_test_results.keys()


@pytest.fixture
def broken(bucket: Bucket, statements: Any, write_round: Any) -> None:
    """Statistics of three rounds, of which the first two have no curations, as once written."""
    for date in (DAY1, DAY2, DAY3):
        write_round(date, [statements.dimer()])
        make_model_stats(bucket, MODEL, date)
    for date in (DAY1, DAY2):
        key = model_stats_key(MODEL, date)
        bucket.write_json(key, {**bucket.read_json(key), "curation_summary": None})


def test_statistics_of_earlier_rounds_are_healed(bucket: Bucket, broken: None) -> None:
    before = bucket.read_json(model_stats_key(MODEL, DAY1))

    assert heal_earlier_stats(bucket, MODEL, DAY3) == 2

    after = bucket.read_json(model_stats_key(MODEL, DAY1))
    assert after == {**before, "curation_summary": empty_summary()}
    for date in (DAY1, DAY2, DAY3):
        ModelStats.model_validate_json(bucket.read_bytes(model_stats_key(MODEL, date)))
    assert heal_earlier_stats(bucket, MODEL, DAY3) == 0


def test_a_round_s_statistics_heal_those_before_it(bucket: Bucket, broken: None) -> None:
    make_model_stats(bucket, MODEL, DAY3)

    assert bucket.read_json(model_stats_key(MODEL, DAY1))["curation_summary"] == empty_summary()


def test_what_is_no_statistics_is_left_alone(bucket: Bucket, broken: None) -> None:
    key = model_stats_key(MODEL, DAY2)
    bucket.write_json(key, ["no statistics"])

    assert heal_earlier_stats(bucket, MODEL, DAY3) == 1
    assert bucket.read_json(key) == ["no statistics"]


def test_the_search_for_what_to_heal_ends_at_the_first_healthy_round(
    bucket: Bucket, broken: None
) -> None:
    newest, oldest = (model_stats_key(MODEL, date) for date in (DAY2, DAY1))
    bucket.write_json(newest, {**bucket.read_json(newest), "curation_summary": empty_summary()})

    assert heal_earlier_stats(bucket, MODEL, DAY3) == 0
    assert bucket.read_json(oldest)["curation_summary"] is None
