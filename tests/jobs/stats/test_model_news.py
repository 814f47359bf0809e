"""News of a round: what its statistics compare it with."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.s3_layout import (
    assembled_key,
    left_out_key,
    model_stats_key,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.stats.model_stats import make_model_stats
from emmaa_jobs.stats.previous_round import MOST_TRIED
from tests.jobs.stats.model_rounds import DAY1, DAY2, DAY3, MODEL, hashes, stats_of

__all__ = ["stats_of"]


def test_added_and_removed_statements_are_told(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr(), statements.dimer()])
    write_round(DAY2, [statements.egf_egfr(), statements.braf_map2k1()])
    assert stats_of(DAY1)["model_delta"]["statements_hashes_delta"] == {"added": [], "removed": []}
    assert stats_of(DAY2)["model_delta"]["statements_hashes_delta"] == {
        "added": hashes(statements.braf_map2k1()),
        "removed": hashes(statements.dimer()),
    }


def test_a_round_is_compared_with_the_newest_one_before_it(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr()])
    write_round(DAY2, [statements.egf_egfr(), statements.dimer()])
    write_round(DAY3, [statements.egf_egfr(), statements.dimer(), statements.braf_map2k1()])
    stats_of(DAY1)
    newest = stats_of(DAY3)
    assert newest["changes_over_time"]["dates"] == [DAY1, DAY3]
    # The day between is done later: it does not see the newer round, which then sees it.
    between = stats_of(DAY2)
    assert between["model_delta"]["statements_hashes_delta"]["added"] == hashes(statements.dimer())
    assert between["changes_over_time"]["number_of_statements"] == [1, 2]
    again = stats_of(DAY3)
    assert again["model_delta"]["statements_hashes_delta"]["added"] == hashes(
        statements.braf_map2k1()
    )
    assert again["changes_over_time"]["dates"] == [DAY1, DAY2, DAY3]


def test_the_previous_round_needs_only_its_statistics(
    bucket: Bucket, statements: Any, write_round: Any, stats_of: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr()])
    stats_of(DAY1)
    bucket.client.delete_object(Bucket=bucket.name, Key=assembled_key(MODEL, DAY1))
    write_round(DAY2, [statements.dimer()])
    assert stats_of(DAY2)["model_delta"]["statements_hashes_delta"] == {
        "added": hashes(statements.dimer()),
        "removed": hashes(statements.egf_egfr()),
    }


def test_papers_are_no_news_where_the_previous_round_had_none(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr()], papers=[])
    write_round(DAY2, [statements.egf_egfr()], papers=["demo-0001"])
    stats_of(DAY1)
    empty: dict[str, list[str]] = {"added": [], "removed": []}
    assert stats_of(DAY2)["paper_delta"] == {
        "raw_paper_ids_delta": empty,
        "assembled_paper_ids_delta": empty,
    }


def test_statistics_of_the_original_without_papers_are_built_upon(
    bucket: Bucket, statements: Any, write_round: Any, stats_of: Any
) -> None:
    old = {
        "model_summary": {"all_stmts": {"1": ["", "An old one.", ""]}},
        "changes_over_time": {"number_of_statements": [1], "dates": ["2020-01-01-00-00-00"]},
    }
    bucket.write_json(model_stats_key(MODEL, "2020-01-01-00-00-00"), old)
    write_round(DAY1, [statements.dimer()], papers=["demo-0004"])
    stats = stats_of(DAY1)
    assert stats["model_delta"]["statements_hashes_delta"]["removed"] == ["1"]
    assert stats["changes_over_time"]["number_of_statements"] == [1, 1]
    assert stats["changes_over_time"]["number_of_raw_papers"] == [1]
    assert stats["paper_delta"]["raw_paper_ids_delta"]["added"] == []


UNUSABLE = [
    (b"", "cannot be read as JSON"),
    (b"[" * 200 + b"]" * 200, "nested deeper"),
    (b"[]", "is not a JSON object"),
    (b"null", "is not a JSON object"),
    (b"{}", "model_summary"),
    (b'{"model_summary": {}}', "model_summary.all_stmts"),
    (b'{"model_summary": {"all_stmts": {}}}', "changes_over_time"),
    (b'{"model_summary": {"all_stmts": {}}, "changes_over_time": {"dates": 5}}', "dates"),
]


@pytest.mark.parametrize(("content", "fault"), UNUSABLE)
def test_previous_statistics_that_cannot_be_compared_with_are_left_out(
    bucket: Bucket, statements: Any, write_round: Any, stats_of: Any, content: bytes, fault: str
) -> None:
    for day in (DAY1, DAY2, DAY3):
        write_round(day, [statements.dimer()])
    stats_of(DAY1)
    broken = model_stats_key(MODEL, DAY2)
    bucket.write_bytes(broken, content, "application/json")

    assert "left out: 1 result" in make_model_stats(bucket, MODEL, DAY3)

    stats = bucket.read_json(model_stats_key(MODEL, DAY3))
    assert stats["changes_over_time"]["dates"] == [DAY1, DAY3]
    [item] = bucket.read_json(left_out_key(MODEL, "model_stats", DAY3))["items"]
    assert (item["kind"], item["item"]) == ("result", broken)
    assert fault in item["reason"]


def test_without_any_statistics_to_compare_with_a_round_is_a_first_one(
    bucket: Bucket, statements: Any, write_round: Any, stats_of: Any
) -> None:
    earlier = [f"2026-02-{day:02}-00-00-00" for day in range(1, MOST_TRIED + 3)]
    for date in earlier:
        bucket.write_json(model_stats_key(MODEL, date), None)
    write_round(DAY1, [statements.dimer()])

    stats = stats_of(DAY1)

    assert stats["changes_over_time"]["dates"] == [DAY1]
    assert stats["model_delta"]["statements_hashes_delta"] == {"added": [], "removed": []}
    tried = bucket.read_json(left_out_key(MODEL, "model_stats", DAY1))["items"]
    assert [item["item"] for item in tried] == [
        model_stats_key(MODEL, date) for date in earlier[-MOST_TRIED:]
    ]
