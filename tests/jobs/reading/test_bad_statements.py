"""A bad statement costs itself, in a file as in a model's state."""

from __future__ import annotations

import json
from typing import Any

import pytest

import run_model_update as script
from emmaa_cycle.left_out import LeftOutReport, parse_left_out
from emmaa_cycle.s3_layout import config_key, left_out_key, model_key, paper_ids_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.model.model_file import load_model, load_raw_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading.updated_model import found
from tests.jobs.reading_inbox import MODEL, NEXT_ROUND, ROUND, config, deliver, write_config

LATER_ROUND = "2026-03-04-17-00-00"
KRAS = {"name": "KRAS", "db_refs": {"HGNC": "6407", "TEXT": "KRAS"}}
BRAF = {"name": "BRAF", "db_refs": {"HGNC": "1097", "TEXT": "BRAF"}}
GREEK = {"name": "β", "db_refs": {"TEXT": "β"}}
EVIDENCE = {"source_api": "reach", "text": "A sentence.", "pmid": "1", "text_refs": {"PMID": "1"}}
GOOD = {"type": "Inhibition", "subj": KRAS, "obj": BRAF, "obj_activity": "activity"}
ACTIVATION = {"type": "Activation", "subj": KRAS, "obj": BRAF}
NUL = {**EVIDENCE, "text": "KRAS binds\0 BRAF."}

REFUSED = {
    "a Gef without its agent": {"type": "Gef", "ras": KRAS},
    "an abstract type": {"type": "SelfModification", "enz": BRAF, "residue": "Y"},
    "a complex of nothing": {"type": "Complex", "members": []},
    "an empty activity": {**ACTIVATION, "obj_activity": ""},
    "half a modification": {"type": "Phosphorylation", "enz": BRAF},
    "no statement": {"type": "\ud800"},
}


@pytest.fixture
def pubmed_inbox(bucket: Bucket) -> Bucket:
    write_config(bucket, config("indra_json", id_type="PMID"))
    return bucket


def _deliver(bucket: Bucket, *documents: Any) -> str:
    listed = [{"evidence": [EVIDENCE], **document} for document in documents]
    return deliver(bucket, "1.json", json.dumps(listed))


def _update(date_str: str) -> int:
    return run_job(script.main, ["-m", MODEL, "--date-str", date_str])


def _list(bucket: Bucket, date_str: str) -> LeftOutReport:
    return parse_left_out(bucket.read_json(left_out_key(MODEL, "model_update", date_str)))


@pytest.mark.parametrize("document", REFUSED.values(), ids=list(REFUSED))
def test_a_refused_statement_costs_itself(
    pubmed_inbox: Bucket, document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    key = _deliver(pubmed_inbox, document, GOOD)

    assert _update(ROUND) == 0

    assert found(pubmed_inbox, ROUND) == ["Inhibition(KRAS(), BRAF())"]
    (item,) = _list(pubmed_inbox, ROUND).items
    assert (item.kind, item.where, item.new) == ("statement", key, True)
    assert item.item.startswith("item 0, ")
    assert "left out: 1 statement; wrote" in capsys.readouterr().out


def test_it_is_news_once(pubmed_inbox: Bucket) -> None:
    _deliver(pubmed_inbox, {"type": "Gef", "ras": KRAS}, GOOD)
    assert [_update(ROUND), _update(NEXT_ROUND)] == [0, 0]
    assert [_list(pubmed_inbox, date).new_count for date in (ROUND, NEXT_ROUND)] == [1, 0]


def test_a_nul_in_a_sentence_is_removed(pubmed_inbox: Bucket) -> None:
    _deliver(pubmed_inbox, {**ACTIVATION, "evidence": [NUL]})
    update_model(pubmed_inbox, MODEL, ROUND)
    (item,) = load_model(pubmed_inbox, MODEL).statements
    assert item.stmt.evidence[0].text == "KRAS binds BRAF."
    assert "\\u0000" not in pubmed_inbox.read_bytes(paper_ids_key(MODEL, ROUND)).decode()


def test_an_activation_without_an_activity_is_the_one_with_activity(pubmed_inbox: Bucket) -> None:
    other = {**EVIDENCE, "text": "Another sentence."}
    _deliver(
        pubmed_inbox,
        ACTIVATION,
        {**ACTIVATION, "obj_activity": "activity", "evidence": [other]},
        {**ACTIVATION, "obj_activity": None},
    )
    update_model(pubmed_inbox, MODEL, ROUND)
    first, second = load_raw_model(pubmed_inbox, MODEL)
    assert first["stmt"]["obj_activity"] == second["stmt"]["obj_activity"] == "activity"
    assert first["stmt"]["matches_hash"] == second["stmt"]["matches_hash"]


def test_a_name_that_one_model_type_cannot_express_enters(pubmed_inbox: Bucket) -> None:
    _deliver(pubmed_inbox, {**ACTIVATION, "subj": GREEK})
    update_model(pubmed_inbox, MODEL, ROUND)
    assert found(pubmed_inbox, ROUND) == ["Activation(β(), BRAF())"]


def _state(*documents: Any) -> list[Any]:
    """Return a model's state as written before statements were checked."""
    fields = {"search_terms": [], "metadata": {"internal": True}, "date": ROUND}
    ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(len(documents))]
    return [
        {**fields, "stmt": {"evidence": [EVIDENCE], "id": id_, **document}}
        for id_, document in zip(ids, documents, strict=True)
    ]


def test_a_state_with_bad_statements_heals_itself(pubmed_inbox: Bucket) -> None:
    odd = [5, {"stmt": GOOD}, {"stmt": None, "date": ROUND}]
    refused = [each for name, each in REFUSED.items() if name != "no statement"]
    state = [*_state(GOOD, *refused, {**ACTIVATION, "evidence": [NUL]}), *odd]
    pubmed_inbox.write_json(model_key(MODEL, ROUND), state)

    assert _update(NEXT_ROUND) == 0

    healed = load_raw_model(pubmed_inbox, MODEL, NEXT_ROUND)
    assert [item["stmt"]["type"] for item in healed] == ["Inhibition", "Activation"]
    assert healed[1]["stmt"]["evidence"][0]["text"] == "KRAS binds BRAF."
    report = _list(pubmed_inbox, NEXT_ROUND)
    assert report.counts == {"statement": len(state) - 2}
    assert {item.where for item in report.items} == {"models/reader/model_"}

    assert _update(LATER_ROUND) == 0
    assert _list(pubmed_inbox, LATER_ROUND).count == 0


def test_a_state_with_bad_evidence_heals_itself(pubmed_inbox: Bucket) -> None:
    both = {**GOOD, "evidence": [EVIDENCE, {**EVIDENCE, "text": 5}]}
    pubmed_inbox.write_json(model_key(MODEL, ROUND), _state(both))

    assert _update(NEXT_ROUND) == 0

    (healed,) = load_raw_model(pubmed_inbox, MODEL, NEXT_ROUND)
    assert [each["text"] for each in healed["stmt"]["evidence"]] == [EVIDENCE["text"]]
    (item,) = _list(pubmed_inbox, NEXT_ROUND).items
    assert (item.kind, item.where) == ("evidence", "models/reader/model_")
    assert item.item.endswith(", evidence 1")


def test_a_state_of_nothing_but_bad_statements_is_not_replaced_by_none(
    pubmed_inbox: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    pubmed_inbox.write_json(model_key(MODEL, ROUND), _state({"type": "Gef", "ras": KRAS}))
    assert _update(NEXT_ROUND) == 2
    assert "none of its 1 items is an EMMAA statement: field gef is missing" in (
        capsys.readouterr().out
    )


def test_odd_ids_of_papers_are_dropped(pubmed_inbox: Bucket) -> None:
    pubmed_inbox.write_json(model_key(MODEL, ROUND), _state(GOOD))
    pubmed_inbox.write_json(paper_ids_key(MODEL, ROUND), ["5", None, {"a": 1}, 7, 1.5, ["x"]])
    assert _update(NEXT_ROUND) == 0
    assert load_model(pubmed_inbox, MODEL).paper_ids == [7, "5"]


def test_a_malformed_search_term_costs_itself(pubmed_inbox: Bucket) -> None:
    document = pubmed_inbox.read_json(config_key(MODEL))
    good = {"type": "gene", "name": "KRAS", "db_refs": {"HGNC": "6407"}, "search_term": "KRAS"}
    pubmed_inbox.write_json(config_key(MODEL), {**document, "search_terms": [{"name": "x"}, good]})
    _deliver(pubmed_inbox, GOOD)

    assert _update(ROUND) == 0

    assert found(pubmed_inbox, ROUND) == ["Inhibition(KRAS(), BRAF())"]
    (item,) = _list(pubmed_inbox, ROUND).items
    assert (item.kind, item.item) == ("search term", "x")
    (stored,) = load_model(pubmed_inbox, MODEL).statements
    assert stored.search_terms == [good]


def test_an_unusable_list_of_papers_costs_itself_and_is_written_anew(
    pubmed_inbox: Bucket,
) -> None:
    _deliver(pubmed_inbox, GOOD)
    assert _update(ROUND) == 0
    pubmed_inbox.write_bytes(paper_ids_key(MODEL, ROUND), b"{", "application/json")

    assert _update(NEXT_ROUND) == 0

    (item,) = _list(pubmed_inbox, NEXT_ROUND).items
    assert (item.kind, item.item) == ("file", paper_ids_key(MODEL, ROUND))
    assert pubmed_inbox.read_json(paper_ids_key(MODEL, NEXT_ROUND)) == ["1"]
