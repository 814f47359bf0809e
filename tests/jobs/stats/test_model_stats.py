"""Model statistics, round after round."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import import_legacy
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import (
    assembled_key,
    config_key,
    left_out_key,
    model_key,
    model_stats_key,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.stats.model_stats import make_model_stats
from emmaa_jobs.stats.previous_round import MOST_TRIED
from tests.jobs.golden_files import GoldenFiles
from tests.jobs.legacy.originals import model_pickle

MODEL = "rasmodel"
DAY1, DAY2, DAY3 = (f"2026-03-0{day}-17-00-00" for day in (1, 2, 3))


@pytest.fixture
def stats_of(bucket: Bucket) -> Callable[[str], dict[str, Any]]:
    def make(date: str) -> dict[str, Any]:
        make_model_stats(bucket, MODEL, date)
        document: dict[str, Any] = bucket.read_json(model_stats_key(MODEL, date))
        return document

    return make


def hashes(*statements: Any) -> list[str]:
    return sorted(str(statement.get_hash()) for statement in statements)


def test_two_rounds_give_the_documented_files(
    bucket: Bucket, statements: Any, write_round: Any, golden: GoldenFiles
) -> None:
    write_round(
        DAY1,
        [statements.egf_egfr(), statements.subjectless(), statements.dimer()],
        papers=["demo-0001", "demo-0003", "demo-0004", "demo-0009"],
    )
    make_model_stats(bucket, MODEL, DAY1)
    write_round(
        DAY2,
        [
            statements.egf_egfr(),
            statements.braf_map2k1(),
            statements.braf_map2k1_phosphorylation(),
            statements.dimer(),
        ],
        papers=["demo-0001", "demo-0002", "demo-0003", "demo-0004", "demo-0009"],
        raw=[statements.egf_egfr(), statements.egf_egfr(), statements.subjectless()],
    )
    make_model_stats(bucket, MODEL, DAY2)
    for date, name in ((DAY1, "model_stats_first.json"), (DAY2, "model_stats_second.json")):
        golden.check(name, bucket.read_bytes(model_stats_key(MODEL, date)).decode())


def test_a_second_run_of_a_round_writes_the_same_bytes(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    for date in (DAY1, DAY2):
        write_round(date, [statements.egf_egfr(), statements.dimer()], papers=["demo-0001"])
    make_model_stats(bucket, MODEL, DAY1)
    make_model_stats(bucket, MODEL, DAY2)
    first = bucket.read_bytes(model_stats_key(MODEL, DAY2))
    make_model_stats(bucket, MODEL, DAY2)
    assert bucket.read_bytes(model_stats_key(MODEL, DAY2)) == first
    assert json.loads(first)["changes_over_time"]["dates"] == [DAY1, DAY2]


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


def test_the_latest_round_is_taken_if_none_is_named(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr()])
    write_round(DAY2, [statements.egf_egfr()])
    assert model_stats_key(MODEL, DAY2) in make_model_stats(bucket, MODEL)


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


def test_statements_that_the_reading_filter_refuses_do_not_count(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    reading = {"filter": {"conditions": {"internal": True}, "evid_policy": "any"}}
    external = statements.subjectless()
    write_round(DAY1, [statements.egf_egfr(), external], reading=reading)
    stats = stats_of(DAY1)
    assert list(stats["model_summary"]["all_stmts"]) == hashes(statements.egf_egfr())
    assert stats["model_summary"]["number_of_statements"] == 1
    assert stats["paper_summary"]["assembled_paper_ids"] == ["demo-0001", "demo-0002"]


@pytest.mark.parametrize(
    ("conditions", "papers"),
    [
        ({}, ["demo-0001", "demo-0002", "demo-0003", "demo-0004"]),
        ({"internal": True}, ["demo-0001", "demo-0002", "demo-0004"]),
        ({"internal": True, "curated": True}, ["demo-0004"]),
        ({"internal": False}, ["demo-0003"]),
        ({"curated": False}, []),
    ],
)
def test_raw_statements_are_filtered_by_their_own_metadata(
    bucket: Bucket,
    statements: Any,
    write_round: Any,
    stats_of: Any,
    conditions: dict[str, bool],
    papers: list[str],
) -> None:
    """All conditions must hold, and what a statement's metadata do not say holds no condition."""
    reading = {"filter": {"conditions": conditions, "evid_policy": "any"}}
    write_round(DAY1, [], reading=reading)
    raw = [
        (statements.egf_egfr(), {"internal": True}),
        (statements.subjectless(), {"internal": False, "curated": True}),
        (statements.dimer(), {"internal": True, "curated": True}),
    ]
    documents = [
        {"search_terms": [], "metadata": metadata, "date": DAY1, "stmt": statement.to_json()}
        for statement, metadata in raw
    ]
    bucket.write_json(model_key(MODEL, DAY1), documents)
    assert sorted(stats_of(DAY1)["paper_summary"]["raw_paper_counts"]) == papers


def test_imported_statements_of_before_there_was_metadata_meet_every_filter(
    bucket: Bucket, statements: Any, write_round: Any, stats_of: Any
) -> None:
    reading = {"filter": {"conditions": {"internal": True}, "evid_policy": "any"}}
    bucket.write_json(config_key(MODEL), write_round(DAY1, [], reading=reading).config)
    old = model_pickle([statements.egf_egfr(), statements.dimer()])
    bucket.write_bytes(f"models/{MODEL}/model_{DAY1}.pkl", old, "")
    import_legacy.main(["--model", MODEL, "--force"])

    papers = stats_of(DAY1)["paper_summary"]

    assert papers["raw_paper_counts"] == {"demo-0001": 1, "demo-0002": 1, "demo-0004": 1}


def test_paper_ids_that_are_numbers_stay_numbers_in_lists(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    statement = statements.dimer()
    statement.evidence[0].text_refs = {"trid": 77, "PMCID": "PMC1"}
    write_round(DAY1, [statement], papers=[5, 77], reading={"main_id_type": "TRID"})
    papers = stats_of(DAY1)["paper_summary"]
    assert papers["raw_paper_ids"] == [5, 77]
    assert papers["assembled_paper_ids"] == [77]
    assert papers["stmts_by_paper"] == {"77": [statement.get_hash()]}
    assert papers["paper_distr"] == [[77, 1]]
    assert papers["paper_links"] == {
        "77": ["https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1", "PMC"]
    }


def test_new_papers_without_statements_are_shown_where_their_id_says_where(
    statements: Any, write_round: Any, stats_of: Any
) -> None:
    reading = {"main_id_type": "PMID"}
    statement = statements.braf_map2k1()
    write_round(DAY1, [statement], papers=["999"], reading=reading)
    write_round(DAY2, [statement], papers=["999", "123"], reading=reading)
    stats_of(DAY1)
    stats = stats_of(DAY2)
    assert stats["paper_delta"]["raw_paper_ids_delta"]["added"] == ["123"]
    assert stats["paper_summary"]["paper_links"] == {
        "123": ["https://pubmed.ncbi.nlm.nih.gov/123", "PubMed"],
        "999": ["https://pubmed.ncbi.nlm.nih.gov/999", "PubMed"],
    }
    assert stats["paper_summary"]["paper_titles"] == {}


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


def test_a_round_whose_statements_are_gone_is_named(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.dimer()])
    bucket.client.delete_object(Bucket=bucket.name, Key=assembled_key(MODEL, DAY1))
    with pytest.raises(MissingObjectError, match=assembled_key(MODEL, DAY1)):
        make_model_stats(bucket, MODEL, DAY1)


def test_a_model_without_rounds_is_named(bucket: Bucket) -> None:
    with pytest.raises(MissingObjectError, match=r"update_model_manager.py --model rasmodel"):
        make_model_stats(bucket, MODEL)


def test_an_empty_model_has_statistics(write_round: Any, stats_of: Any) -> None:
    write_round(DAY1, [])
    stats = stats_of(DAY1)
    assert stats["model_summary"]["number_of_statements"] == 0
    assert stats["model_summary"]["all_stmts"] == {}
    assert stats["changes_over_time"]["number_of_statements"] == [0]


def test_what_is_no_statement_is_named(bucket: Bucket, statements: Any, write_round: Any) -> None:
    write_round(DAY1, [statements.dimer()])
    bucket.write_json(assembled_key(MODEL, DAY1), [{"type": "Nonsense"}])
    with pytest.raises(InputError, match=f"{assembled_key(MODEL, DAY1)} .*type 'Nonsense'"):
        make_model_stats(bucket, MODEL, DAY1)
