"""Model statistics, round after round."""

from __future__ import annotations

import json
from typing import Any

import pytest

import import_legacy
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import (
    assembled_key,
    config_key,
    model_key,
    model_stats_key,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.stats.model_stats import make_model_stats
from tests.jobs.golden_files import GoldenFiles
from tests.jobs.legacy.originals import model_pickle
from tests.jobs.stats.model_rounds import DAY1, DAY2, MODEL, hashes, stats_of

__all__ = ["stats_of"]


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


def test_the_latest_round_is_taken_if_none_is_named(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.egf_egfr()])
    write_round(DAY2, [statements.egf_egfr()])
    assert model_stats_key(MODEL, DAY2) in make_model_stats(bucket, MODEL)


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


def unreadable(statements: Any) -> dict[str, Any]:
    """Return a statement whose fields are all right for themselves, but no residue is XX."""
    document: dict[str, Any] = statements.braf_map2k1_phosphorylation().to_json()
    return document | {"residue": "XX"}


def test_a_statement_that_indra_cannot_read_costs_itself(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.dimer()])
    [good] = bucket.read_json(assembled_key(MODEL, DAY1))
    bucket.write_json(assembled_key(MODEL, DAY1), [unreadable(statements), good])

    assert "left out: 1 statement" in make_model_stats(bucket, MODEL, DAY1)

    stats = bucket.read_json(model_stats_key(MODEL, DAY1))
    assert [*stats["model_summary"]["all_stmts"]] == [good["matches_hash"]]


def test_a_round_of_statements_that_indra_cannot_read_is_refused(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.dimer()])
    bucket.write_json(assembled_key(MODEL, DAY1), [unreadable(statements)])

    with pytest.raises(InputError, match=f"{assembled_key(MODEL, DAY1)} .*residue name: 'XX'"):
        make_model_stats(bucket, MODEL, DAY1)
