"""Sparser's JSON: statements, and items that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from indra.statements import Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.reading.sparser import Sparser
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading.updated_model import stored
from tests.jobs.reading_inbox import MODEL, ROUND, config, deliver, write_config

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
    ],
)
def test_what_is_no_sparser_output_is_named(text: str, fault: str) -> None:
    with pytest.raises(BrokenOutputError, match=fault):
        Sparser().parse(text)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (3, "no object with a type: 3"),
        ({"type": 3}, "no object with a type"),
        ({**PHOSPHORYLATION, "enz": {"name": "MEK", "mods": [3]}}, "AttributeError"),
    ],
)
def test_item_that_is_nothing_of_sparsers_costs_itself(item: Any, reason: str) -> None:
    skipped: list[tuple[str, str]] = []

    found = Sparser().parse(json.dumps([item, PHOSPHORYLATION]), lambda *skip: skipped.append(skip))

    assert len(found) == 1
    ((name, why),) = skipped
    assert name == "item 0"
    assert reason in why
