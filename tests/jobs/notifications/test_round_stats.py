"""Tests of the choice of statistics for a notification."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.notifications.round_stats import ReportedRound, RoundStats
from tests.jobs.notifications.stats_writer import StatsWriter

EARLY, LATE = "2026-03-02-10-00-00", "2026-03-02-18-00-00"


def test_exactly_the_pinned_round(bucket: Bucket, stats: StatsWriter) -> None:
    for date in (EARLY, LATE):
        stats.model("m", date)
        stats.corpus("m", "a_tests", date)
    found = RoundStats.read(bucket, ReportedRound("m", ["a_tests"], date_str=EARLY))
    assert found.model.date_str == EARLY
    assert found.corpora["a_tests"].date_str == EARLY


def test_latest_of_the_day(bucket: Bucket, stats: StatsWriter) -> None:
    for date in (EARLY, LATE, "2026-03-03-01-00-00"):
        stats.model("m", date)
    stats.corpus("m", "a_tests", EARLY)
    found = RoundStats.read(bucket, ReportedRound("m", ["a_tests"], day="2026-03-02"))
    assert found.model.date_str == LATE
    assert found.corpora["a_tests"].date_str == EARLY


@pytest.mark.parametrize("when", [{"day": "2026-03-02"}, {"date_str": EARLY}])
def test_corpus_without_statistics_is_named_and_left_out(
    bucket: Bucket, stats: StatsWriter, when: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stats.model("m", EARLY)
    stats.corpus("m", "a_tests_more", EARLY)
    found = RoundStats.read(bucket, ReportedRound("m", ["a_tests", "a_tests_more"], **when))
    assert list(found.corpora) == ["a_tests_more"]
    assert "test corpus a_tests has no statistics" in caplog.text


@pytest.mark.parametrize("when", [{"day": "2026-03-01"}, {"date_str": LATE}])
def test_model_statistics_must_be_there(
    bucket: Bucket, stats: StatsWriter, when: dict[str, Any]
) -> None:
    stats.model("m", EARLY)
    with pytest.raises(MissingObjectError, match=r"model_stats/m/.*run_model_stats_from_s3\.py"):
        RoundStats.read(bucket, ReportedRound("m", [], **when))


def test_path_counts_are_summed_over_corpora(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("m", EARLY)
    stats.corpus("m", "a_tests", EARLY, paths=[["-23078353002754841", 2], ["7", 1]])
    stats.corpus("m", "b_tests", EARLY, paths=[["7", 5]])
    found = RoundStats.read(bucket, ReportedRound("m", ["a_tests", "b_tests"], date_str=EARLY))
    assert found.path_counts() == {-23078353002754841: 2, 7: 6}


def test_missing_field_is_named(bucket: Bucket) -> None:
    bucket.write_json(f"model_stats/m/model_stats_{EARLY}.json", {"paper_delta": {}})
    found = RoundStats.read(bucket, ReportedRound("m", [], date_str=EARLY))
    with pytest.raises(InputError, match=rf"model_stats_{EARLY}\.json has no field paper_delta\.x"):
        found.model.field("paper_delta", "x")
