"""Tests of converted pickles: the JSON has every statement, and the jobs read it."""

from __future__ import annotations

import pickle
from collections import OrderedDict, defaultdict
from datetime import UTC, datetime

import pytest
from indra.statements import (
    Activation,
    ActiveForm,
    Agent,
    Autophosphorylation,
    BioContext,
    BoundCondition,
    Complex,
    Concept,
    Conversion,
    Event,
    Evidence,
    Gap,
    Gef,
    Influence,
    ModCondition,
    MutCondition,
    Phosphorylation,
    QualitativeDelta,
    RefContext,
    Statement,
    TimeContext,
    Translocation,
    WorldContext,
    stmts_from_json,
)

import import_legacy
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.legacy.documents import Kind, convert
from emmaa_jobs.model.corpus import load_test_corpus
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.statements.emmaa_statement import meets_metadata
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.legacy.originals import NEW, TERM, corpus_pickle, hashes, model_pickle


def rich_statements() -> list[Statement]:
    """One statement for each part that INDRA's statements have."""
    bound = agent(
        "BRAF",
        mods=[ModCondition("phosphorylation", "S", "602")],
        mutations=[MutCondition("600", "V", "E")],
        bound_conditions=[BoundCondition(agent("KRAS"), False)],
        location="nucleus",
    )
    context = BioContext(cell_type=RefContext("T cell", {"CL": "CL:0000084"}))
    evidence = Evidence("trips", "id", "123", "Größe → 5 µm.", context=context)
    evidence.annotations["found"] = {"b", "a"}
    evidence.annotations["ordered"] = OrderedDict(z=1, a=defaultdict(list, b=[1.5, None, True]))
    evidence.annotations["agents"] = {"raw_text": ["B-Raf", "MEK"], "coords": [(0, 5), (9, 12)]}
    when = TimeContext("2020", datetime(2020, 1, 1), datetime(2020, 12, 31), 365)
    rain = Concept("rain", db_refs={"WM": [("wm/rain", 0.9), ("wm/flood", 0.2)]})
    place = WorldContext(time=when, geo_location=RefContext("Sudan", {"GEOID": "366755"}))
    cause = Event(rain, QualitativeDelta(1, ["heavy"]), place)
    return [
        Phosphorylation(bound, agent("MAP2K1"), "S", "218", evidence=[evidence]),
        Complex([agent("EGFR"), agent("GRB2"), agent("SOS1")]),
        Phosphorylation(None, agent("MAPK1")),
        Autophosphorylation(agent("EGFR"), "Y", "1148"),
        ActiveForm(agent("MAP2K1", mods=[ModCondition("phosphorylation")]), "kinase", True),
        Gef(agent("SOS1"), agent("KRAS")),
        Gap(Agent("RASA1"), agent("KRAS")),
        Translocation(agent("MAPK1"), "cytoplasm", "nucleus"),
        Conversion(agent("BRAF"), [Agent("A")], [Agent("B"), Agent("C")]),
        Influence(cause, Event(Concept("crops"), QualitativeDelta(-1))),
        *ras_statements(),
    ]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_statements_keep_hashes_ids_and_evidence(protocol: int) -> None:
    statements = rich_statements()
    statements[0].supports = [statements[2]]
    statements[2].supported_by = [statements[0]]

    found = convert(pickle.dumps(statements, protocol), Kind.STATEMENTS)

    read = stmts_from_json(found.document)
    assert hashes(read) == hashes(statements)
    assert [s.uuid for s in read] == [s.uuid for s in statements]
    assert [type(s) for s in read] == [type(s) for s in statements]
    assert (found.count, found.changed) == (len(statements), 0)
    for ours, theirs in zip(read, statements, strict=True):
        assert [e.text for e in ours.evidence] == [e.text for e in theirs.evidence]
        assert [e.get_source_hash() for e in ours.evidence] == [
            e.get_source_hash() for e in theirs.evidence
        ]
    kept = read[0].evidence[0]
    assert kept.context.to_json() == statements[0].evidence[0].context.to_json()
    assert kept.annotations["found"] == ["a", "b"]
    assert kept.annotations["ordered"] == {"z": 1, "a": {"b": [1.5, None, True]}}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_model_is_read_by_the_jobs(bucket: Bucket, protocol: int) -> None:
    statements = rich_statements()
    metadata = {"internal": True, "curated": False}
    bucket.write_json(config_key("m"), {"search_terms": []})
    content = model_pickle(statements, protocol, metadata)
    bucket.write_bytes(f"models/m/model_{NEW}.pkl", content, "")

    summary = import_legacy.main(["--model", "m"])

    read = load_model(bucket, "m")
    assert read.date_str == NEW
    assert hashes([s.stmt for s in read.statements]) == hashes(statements)
    assert {s.date for s in read.statements} == {datetime(2020, 4, 1, 17, 0, 5, tzinfo=UTC)}
    assert all(s.search_terms == [TERM] and s.metadata == metadata for s in read.statements)
    emmaa = read.statements[0].stmt.evidence[0].annotations["emmaa"]
    assert emmaa == {"search_terms": [TERM], "metadata": metadata}
    assert summary == f"1 pickles imported with {len(statements)} statements"


def test_statement_without_metadata_passes_every_filter(bucket: Bucket) -> None:
    found = convert(model_pickle(rich_statements()), Kind.MODEL).document

    evidence = found[0]["stmt"]["evidence"]
    assert found[0]["metadata"] == {}
    assert meets_metadata(evidence, {"internal": True}, "all")
    assert meets_metadata(evidence, {"internal": False}, "any")


@pytest.mark.parametrize("test_data", [None, {"name": "RAS", "description": "known"}])
def test_corpus_is_read_by_the_jobs(bucket: Bucket, test_data: dict[str, str] | None) -> None:
    statements = ras_statements()
    bucket.write_bytes("tests/ras_tests.pkl", corpus_pickle(statements, 4, test_data), "")

    import_legacy.main(["--tests", "ras_tests"])

    corpus = load_test_corpus(bucket, "ras_tests")
    assert corpus.test_data == (test_data or {})
    assert hashes(stmts_from_json(corpus.tests)) == hashes(statements)


def test_old_attributes_and_forged_hashes_are_repaired() -> None:
    (first, second) = Activation(agent("KRAS"), agent("BRAF")), Agent("X")
    first.evidence = [Evidence("reach", text="It does.")]
    for owner, names in ((first, ("belief", "_full_hash", "uuid")), (first.subj, ("mutations",))):
        for name in names:
            del vars(owner)[name]
    del vars(first.evidence[0])["text_refs"]
    vars(first)["_shallow_hash"] = 7
    vars(first)["subj_activity"] = "kinase"
    vars(first.evidence[0])["source_hash"] = 8

    documents = [convert(pickle.dumps([first]), Kind.STATEMENTS).document for _ in range(2)]

    assert documents[0] == documents[1]
    (read,) = stmts_from_json(documents[0])
    assert read.matches_key() == Activation(agent("KRAS"), agent("BRAF")).matches_key()
    assert documents[0][0]["matches_hash"] == str(read.get_hash())
    assert documents[0][0]["evidence"][0]["source_hash"] == str(read.evidence[0].source_hash)
    assert second.name == "X"


def test_statement_that_json_changes_is_counted(bucket: Bucket) -> None:
    old = ModCondition("phosphorylation", "S", "222")
    vars(old)["residue"] = "serine"  # Before INDRA brought residues to one form.
    statements = [ActiveForm(agent("MAP2K1", mods=[old]), "kinase", True), *ras_statements()]
    content = pickle.dumps(statements)
    bucket.write_bytes("a.pkl", content, "")

    assert "1 of them read back changed" in import_legacy.main(["--key", "a.pkl"])
