"""The readers ``sparser`` and ``bel``: what their output stands for, and what is none."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import requests
from indra.statements import Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.exports import EXPORT_FORMATS, ExportSource
from emmaa_jobs.model_file import load_model
from emmaa_jobs.model_types import assemble
from emmaa_jobs.reading.bel import Bel
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.reading.sparser import Sparser
from emmaa_jobs.update import update_model
from tests.jobs import known_biology
from tests.jobs.reading_inbox import MODEL, ROUND, config, deliver, left_out, write_config

# What Sparser writes: agents as objects, as bare words, or with ids of older namespaces.
MEK = {"name": "MEK", "db_refs": {"FPLX": "MEK", "TEXT": "MEK"}, "TEXT": "MEK"}
ERK = {"name": "ERK", "db_refs": {"NCIT": "C26360", "TEXT": "ERK"}, "TEXT": "ERK"}
SENTENCE = {"source_api": "sparser", "text": "MEK phosphorylates ERK.", "pmid": "PMC_3500"}
PHOSPHORYLATION = {
    "type": "Phosphorylation",
    "enz": MEK,
    "sub": ERK,
    "residue": ["T"],
    "position": ["185"],
    "evidence": [SENTENCE],
}
UNARY = {"type": "Complex", "members": [MEK], "evidence": [SENTENCE]}
NO_SUBJECT = {"type": "Inhibition", "obj": ERK, "evidence": [SENTENCE]}
NO_TEXT = {"type": "Activation", "subj": MEK, "obj": ERK, "evidence": [{"source_api": "sparser"}]}
ODD_RESIDUE = {**PHOSPHORYLATION, "residue": ["tyrothreonine"]}


def sparser(*items: Any) -> list[Statement]:
    return Sparser().parse(json.dumps(items))


def stored(bucket: Bucket, id_type: str) -> list[str]:
    """The model's statements after one update, each with its paper."""
    return sorted(
        f"{item.stmt} of {item.stmt.evidence[0].text_refs[id_type]}"
        for item in load_model(bucket, MODEL, ROUND).statements
    )


def test_sparser_output_becomes_statements_of_its_paper(bucket: Bucket) -> None:
    write_config(bucket, config("sparser", id_type="PMID"))
    words = {**PHOSPHORYLATION, "sub": "ERK", "enz": "MEK", "residue": None, "position": None}
    deliver(bucket, "12345.json", json.dumps([PHOSPHORYLATION, UNARY]), "sparser")
    deliver(bucket, "12346.json", json.dumps([words]), "sparser")
    deliver(bucket, "12347.json", "[]", "sparser")

    update_model(bucket, MODEL, ROUND)

    assert stored(bucket, "PMID") == [
        "Phosphorylation(MEK(), ERK()) of 12346",
        "Phosphorylation(MEK(), ERK(), T, 185) of 12345",
    ]
    model = load_model(bucket, MODEL, ROUND)
    assert {*model.paper_ids} == {"12345", "12346", "12347"}
    (first,) = (item.stmt for item in model.statements if item.stmt.residue == "T")
    assert first.sub.db_refs["FPLX"] == "ERK"
    assert (first.evidence[0].pmid, first.evidence[0].source_api) == ("12345", "sparser")


def test_what_sparser_calls_its_input_is_no_pmid() -> None:
    (statement,) = sparser(PHOSPHORYLATION)
    assert statement.evidence[0].pmid is None
    assert "PMID" not in statement.evidence[0].text_refs
    (known,) = sparser({**PHOSPHORYLATION, "evidence": [{**SENTENCE, "pmid": "PMID777"}]})
    assert known.evidence[0].pmid == "777"


@pytest.mark.parametrize(
    "item", [UNARY, NO_SUBJECT, NO_TEXT, ODD_RESIDUE, {**UNARY, "type": "Dreaming"}]
)
def test_items_of_sparser_that_are_no_statements_are_left_out(item: dict[str, Any]) -> None:
    assert [str(each) for each in sparser(item, PHOSPHORYLATION)] == [
        "Phosphorylation(MEK(), ERK(), T, 185)"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<article pmid='1'/>", "it is XML: let Sparser write JSON"),
        ("MEK phosphorylates ERK.", "it is not JSON"),
        ("{}", "it holds a JSON dict, not a list"),
        ("[3]", "item 0 is no object with a type: 3"),
        ('[{"type": 3}]', "item 0 is no object with a type"),
        (
            json.dumps([PHOSPHORYLATION, {**PHOSPHORYLATION, "enz": {"name": "MEK", "mods": [3]}}]),
            "item 1 is nothing that Sparser says: ",
        ),
    ],
)
def test_what_is_no_sparser_output_is_named(text: str, fault: str) -> None:
    with pytest.raises(BrokenOutputError, match=fault):
        Sparser().parse(text)


def test_a_look_up_of_indras_that_is_down_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise requests.ConnectionError("no route")

    monkeypatch.setattr("indra.sources.sparser.processor.fix_agent", down)
    with pytest.raises(SourceUnavailableError, match="look-up for item 0: no route"):
        sparser(PHOSPHORYLATION)


# BEL


def example(name: str) -> str:
    """One of PyBEL's own graphs of curated literature."""
    import pybel
    from pybel import examples

    text: str = pybel.to_nodelink_jsons(getattr(examples, name))
    return text


def test_bel_graphs_become_statements_of_the_papers_they_cite(bucket: Bucket) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    deliver(bucket, "1.json", example("braf_graph"), "bel")
    deliver(bucket, "2.json.gz", gzip.compress(example("vegf_graph").encode()), "bel")

    update_model(bucket, MODEL, ROUND)

    assert stored(bucket, "PMID") == [
        "Activation(BRAF(kinase), ELK1(), transcription) of 11283246",
        "Activation(THPO(), BRAF(), kinase) of 11283246",
        "Activation(THPO(), RAF1(), kinase) of 11283246",
        "Activation(VEGF(), VEGFR()) of 9506953",
    ]


def test_annotations_that_are_defined_in_the_web_need_no_web() -> None:
    document = json.loads(example("braf_graph"))
    assert "Species" in document["links"][0]["annotations"]
    document["graph"]["annotation_url"] = {"Species": "http://127.0.0.1:9/species.belanno"}

    assert len(Bel().parse(json.dumps(document))) == 3


def test_a_models_own_export_is_read_as_what_went_in() -> None:
    statements = known_biology.ras_statements()
    model = assemble("pybel", statements, known_biology.config())
    source = ExportSource(model, "rasmodel", ROUND)

    found = {str(each) for each in Bel().parse(EXPORT_FORMATS["pybel"].make(source).decode())}

    assert {"Activation(EGF(), EGFR())", "Inhibition(vemurafenib(), BRAF())"} <= found
    assert "Phosphorylation(BRAF(activity), MAP2K1(), S, 218)" in found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nonsense", "it is not JSON: Expecting value"),
        ('SET DOCUMENT Name = "x"\n', "it is not JSON: a BEL script: PyBEL's node-link JSON"),
        ("[]", "no node-link JSON of PyBEL: there is no dict graph"),
        ('{"graph": {}, "nodes": []}', "there is no list links"),
    ],
)
def test_what_is_no_bel_graph_is_named(text: str, fault: str) -> None:
    with pytest.raises(BrokenOutputError, match=fault):
        Bel().parse(text)


def test_broken_files_are_named_and_the_others_read(bucket: Bucket) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    deliver(bucket, "1.json", example("braf_graph"), "bel")
    cut = gzip.compress(example("vegf_graph").encode())[:-20]
    broken = deliver(bucket, "3.json.gz", cut, "bel")
    nodes = {"graph": {}, "nodes": [3], "links": [{"source": 7, "target": 8}]}
    odd = deliver(bucket, "4.json", json.dumps(nodes), "bel")

    first, second = left_out(update_model(bucket, MODEL, ROUND).harvest)

    assert first.startswith(f"{broken}: it is broken gzip")
    assert second.startswith(f"{odd}: INDRA cannot process it as Bel output")
    assert len(stored(bucket, "PMID")) == 3
