"""Tests of the statements that an update adds to the model, and of their evidence."""

from __future__ import annotations

from indra.statements import Activation, Agent, Translocation

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.reading.updated_model import braf_map2k1, found, map2k1_mapk1
from tests.jobs.reading_inbox import (
    MODEL,
    NEXT_ROUND,
    ROUND,
    config,
    deliver,
    statement_file,
    write_config,
)


def test_new_search_term_does_not_make_old_readings_new(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    update_model(inbox, MODEL, ROUND)
    term = {"type": "gene", "name": "MAP2K1", "search_term": "MEK1", "db_refs": {}}
    document = config("indra_json")
    write_config(inbox, {**document, "search_terms": [*document["search_terms"], term]})

    update_model(inbox, MODEL, NEXT_ROUND)

    assert len(found(inbox, NEXT_ROUND)) == 1


def test_same_sentence_in_two_papers_is_two_statements(inbox: Bucket) -> None:
    for paper in ("demo-0001", "demo-0002"):
        deliver(inbox, f"{paper}.json", statement_file(paper, [braf_map2k1()]))

    update_model(inbox, MODEL, ROUND)

    refs = [item.stmt.evidence[0].text_refs["DEMO"] for item in load_model(inbox, MODEL).statements]
    assert refs == ["demo-0001", "demo-0002"]


def test_exact_copies_are_dropped(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1(), braf_map2k1()]))

    update_model(inbox, MODEL, ROUND)

    assert len(found(inbox, ROUND)) == 1


def test_statements_carry_what_found_them(inbox: Bucket) -> None:
    about_skin = map2k1_mapk1()
    about_skin.evidence[0].text = "In Skin Cancer, MAP2K1 activates MAPK1."
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1(), about_skin]))
    deliver(inbox, "demo-0002.json", statement_file("demo-0002", [map2k1_mapk1()]))

    update_model(inbox, MODEL, ROUND)

    first, second, third = load_model(inbox, MODEL).statements
    assert [term["name"] for term in first.search_terms] == ["BRAF", "melanoma"]
    assert second.search_terms == first.search_terms  # terms are the paper's
    assert third.search_terms == []
    assert first.metadata == {"internal": True}
    annotated = first.stmt.evidence[0].annotations["emmaa"]
    assert annotated == {"search_terms": first.search_terms, "metadata": {"internal": True}}


def test_paper_without_statements_counts_as_read(inbox: Bucket) -> None:
    deliver(inbox, "demo-0007.json", "[]")

    update_model(inbox, MODEL, ROUND)

    assert load_model(inbox, MODEL).paper_ids == ["demo-0007"]


def test_invalid_statements_are_repaired_or_dropped_and_counted(inbox: Bucket) -> None:
    repairable = with_evidence(Activation(Agent("MEK", db_refs={"FPLX": "ME-K"}), agent("MAPK1")))
    hopeless = with_evidence(Translocation(agent("MAPK1")))
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [repairable, hopeless]))

    update = update_model(inbox, MODEL, ROUND)

    assert "(1 repaired, 1 invalid)" in update.summary
    (item,) = load_model(inbox, MODEL).statements
    assert item.stmt.subj.db_refs["FPLX"] == "ME_K"
