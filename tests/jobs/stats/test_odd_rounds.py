"""Rounds that hold what no statement looks like: it costs itself, in every job that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emmaa_cycle.s3_layout import model_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import save_assembled
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.model_testing.corpus_of_model import make_corpus
from emmaa_jobs.model_testing.run import distinct_tests
from emmaa_jobs.stats.model_stats import make_model_stats
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import ras_statements
from tests.jobs.odd_documents import changed
from tests.jobs.odd_statements import odd_documents

MODEL, DATE = "rasmodel", "2026-03-01-17-00-00"
GOOD = [each.to_json() for each in ras_statements()]
ITEM = {"search_terms": [], "metadata": {"internal": True}, "date": DATE, "stmt": GOOD[0]}
#: Evidence as files of old jobs have it.
OLD = {**GOOD[1], "evidence": [{"source_api": "reach", "pmid": "5", "annotations": None}]}


@pytest.fixture(scope="module")
def world(postgres: PostgresServer) -> Iterator[Bucket]:
    with empty_world(postgres.unmade_database()) as bucket:
        yield bucket


@example(assembled=[{**GOOD[0], "id": []}], raw=[], id_type="PMID", internal=False)
@example(
    assembled=[{**GOOD[0], "subj": {"name": "\ud800"}}], raw=[], id_type="PMID", internal=False
)
@example(assembled=[{**GOOD[0], "evidence": [5]}], raw=[], id_type="PMID", internal=True)
@given(
    assembled=st.lists(odd_documents() | changed(GOOD[0]) | changed(OLD), max_size=3),
    raw=st.lists(changed(ITEM) | odd_documents().map(lambda odd: {**ITEM, "stmt": odd})),
    id_type=st.sampled_from(["PMID", "TRID", "pii"]),
    internal=st.booleans(),
)
@settings(max_examples=examples(60), deadline=None)
def test_odd_statements_cost_themselves(
    world: Bucket, assembled: list[Any], raw: list[Any], id_type: str, internal: bool
) -> None:
    chosen = {"filter": {"conditions": {"internal": True}, "evid_policy": "any"}}
    config: dict[str, Any] = {
        "search_terms": [],
        "reading": {"main_id_type": id_type, **(chosen if internal else {})},
        "make_tests": chosen if internal else True,
    }
    save_assembled(world, MODEL, DATE, [*assembled, *GOOD])
    world.write_json(model_key(MODEL, DATE), [*raw, ITEM])
    ManagerRecord(MODEL, DATE, DATE, ["signed_graph"], config, [], []).save(world)

    assert run_job(lambda _: make_model_stats(world, MODEL, DATE)) == 0
    assert run_job(lambda _: make_corpus(world, MODEL, DATE)) == 0

    summary = world.read_json(model_stats_key(MODEL, DATE))["model_summary"]
    assert {each["matches_hash"] for each in GOOD} <= {*summary["all_stmts"]}
    corpus = world.read_json(f"tests/{MODEL}_tests_{DATE}.json.gz")["tests"]
    assert {each["id"] for each in GOOD} <= {each.get("id") for each in corpus}
    left_out = LeftOutList()
    assert len(corpus) >= len(distinct_tests(TestCorpus({}, corpus), "", left_out)) >= len(GOOD)
    assert not left_out
