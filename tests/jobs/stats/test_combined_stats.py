"""Going on from the original's oldest statistics, one file for model and tests together."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from emmaa_jobs.stats.model_stats import make_model_stats
from tests.jobs.one_model import MODEL, write_config

OLD, NEWER = "2019-10-01-18-00-00", "2019-11-14-18-26-26"
DAY1, DAY2 = (f"2026-03-0{day}-17-00-00" for day in (1, 2))
CORPUS = "demo_tests"


def combined(date: str, stmts: int = 1) -> dict[str, Any]:
    """Return statistics in the original's format until January 2020."""
    english = ["", "An old one.", ""]
    return {
        "model_summary": {
            "model_name": MODEL,
            "number_of_statements": stmts,
            "all_stmts": {"1": english},
        },
        "test_round_summary": {
            "number_applied_tests": 1,
            "all_test_results": {"7": {"test": english, "pysb": ["Pass", "A path."]}},
            "pysb": {"number_passed_tests": 1, "passed_ratio": 1.0},
        },
        "changes_over_time": {
            "number_of_statements": [stmts],
            "number_applied_tests": [1],
            "dates": [date],
            "pysb": {"number_passed_tests": [1], "passed_ratio": [1.0]},
        },
    }


@pytest.fixture
def old_bucket(bucket: Bucket) -> Bucket:
    """Return a bucket to which the original last wrote statistics in 2019."""
    for date, stmts in ((OLD, 5), (NEWER, 6)):
        bucket.write_json(f"stats/{MODEL}/stats_{date}.json", combined(date, stmts))
    return bucket


def model_stats_of(bucket: Bucket, date: str) -> dict[str, Any]:
    make_model_stats(bucket, MODEL, date)
    document: dict[str, Any] = bucket.read_json(model_stats_key(MODEL, date))
    return document


def corpus_stats_of(bucket: Bucket, date: str) -> dict[str, Any]:
    make_corpus_stats(bucket, MODEL, CORPUS, date)
    document: dict[str, Any] = bucket.read_json(corpus_stats_key(MODEL, CORPUS, date))
    return document


def default_corpus(bucket: Bucket, corpus: str) -> None:
    write_config(bucket, test={"test_corpus": [corpus], "default_test_corpus": corpus})


def test_a_model_goes_on_from_the_newest(
    old_bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.dimer()])
    stats = model_stats_of(old_bucket, DAY1)
    assert stats["model_delta"]["statements_hashes_delta"]["removed"] == ["1"]
    assert stats["changes_over_time"]["number_of_statements"] == [6, 1]
    assert stats["changes_over_time"]["dates"] == [NEWER, DAY1]


def test_statistics_of_its_own_come_first(
    old_bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.dimer()])
    write_round(DAY2, [statements.dimer()])
    model_stats_of(old_bucket, DAY1)
    stats = model_stats_of(old_bucket, DAY2)
    assert stats["changes_over_time"]["dates"] == [NEWER, DAY1, DAY2]


def test_the_default_corpus_goes_on(
    old_bucket: Bucket, statements: Any, write_results: Any
) -> None:
    default_corpus(old_bucket, CORPUS)
    write_results(DAY1, [statements.dimer()], pysb=["NO_PATHS_FOUND"])
    stats = corpus_stats_of(old_bucket, DAY1)
    assert stats["tests_delta"]["pysb"]["passed_hashes_delta"]["removed"] == ["7"]
    assert stats["changes_over_time"]["number_applied_tests"] == [1, 1]
    assert stats["changes_over_time"]["pysb"]["number_passed_tests"] == [1, 0]
    assert stats["changes_over_time"]["dates"] == [NEWER, DAY1]


def test_another_corpus_starts_anew(
    old_bucket: Bucket, statements: Any, write_results: Any
) -> None:
    default_corpus(old_bucket, "large_corpus_tests")
    write_results(DAY1, [statements.dimer()], pysb=["PATHS_FOUND"])
    assert corpus_stats_of(old_bucket, DAY1)["changes_over_time"]["dates"] == [DAY1]


def test_the_default_corpus_cannot_be_known_without_the_config(
    old_bucket: Bucket, statements: Any, write_results: Any
) -> None:
    write_results(DAY1, [statements.dimer()], pysb=["PATHS_FOUND"])
    with pytest.raises(MissingObjectError, match=MODEL):
        make_corpus_stats(old_bucket, MODEL, CORPUS, DAY1)


@pytest.mark.parametrize(
    "document",
    [{}, {"model_summary": {"english_stmts": {}}, "changes_over_time": {}}],
)
def test_a_file_from_before_it_listed_its_statements_starts_nothing(
    bucket: Bucket,
    statements: Any,
    write_round: Any,
    caplog: pytest.LogCaptureFixture,
    document: Any,
) -> None:
    bucket.write_json(f"stats/{MODEL}/stats_{OLD}.json", document)
    write_round(DAY1, [statements.dimer()])
    with caplog.at_level(logging.WARNING):
        stats = model_stats_of(bucket, DAY1)
    assert stats["changes_over_time"]["dates"] == [DAY1]
    assert f"stats/{MODEL}/stats_{OLD}.json" in caplog.text
