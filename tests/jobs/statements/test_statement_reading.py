"""The gate: what passes can be held by every stage, what does not is refused by name."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indra.statements import Statement, get_all_descendants
from lxml import etree

from emmaa_cycle.printable import storable_text
from emmaa_jobs.statements.fields import evidence_of
from emmaa_jobs.statements.gate import (
    NoStatementError,
    read_raw_statement,
    read_statement,
    statement_label,
    usable_json,
)
from emmaa_jobs.statements.schema import ABSTRACT, Checked
from emmaa_jobs.statements.storable import MAX_DEPTH, storable_json
from tests.jobs import odd_statements as odd
from tests.jobs.statements.documents import ACTIVATION, BRAF, EVIDENCE, MEK, SITE

T = TypeVar("T")


def without(document: dict[str, Any], field: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != field}


@given(odd.accepted_documents())
def test_every_type_of_statement_is_read_as_indra_reads_it(document: dict[str, Any]) -> None:
    stored = storable_json(document)
    if "Activation" in document["type"] or document["type"] == "Inhibition":
        stored.setdefault("obj_activity", "activity")

    found = read_raw_statement(document)

    assert found.refused == {}
    assert found.statement.get_hash(refresh=True) == Statement._from_json(stored).get_hash()
    written = found.statement.to_json()
    assert read_statement(written).matches_key() == found.statement.matches_key()
    json.dumps(written, ensure_ascii=False, allow_nan=False).encode()


@given(odd.odd_documents())
def test_no_document_raises_anything_but_a_refusal(document: Any) -> None:
    statement_label(document).encode("utf-8", "backslashreplace")
    for read in (read_statement, read_raw_statement):
        with contextlib.suppress(NoStatementError):
            read(document)


@given(odd.odd_documents())
def test_what_passes_once_passes_again(document: Any) -> None:
    try:
        statement = read_raw_statement(document).statement
    except NoStatementError:
        return
    again = read_raw_statement(statement.to_json())
    assert again.refused == {}
    assert again.statement.get_hash() == statement.get_hash()


def test_the_types_of_indra_are_all_known() -> None:
    names = {kind.__name__ for kind in get_all_descendants(Statement)}
    made = {
        *odd.PLAIN_MODIFICATIONS, "Autophosphorylation", "Transphosphorylation", "Activation",
        "Inhibition", "GtpActivation", "IncreaseAmount", "DecreaseAmount", "ActiveForm", "Gef",
        "Gap", "Complex", "Translocation", "Conversion", "Event", "Migration", "Influence",
        "Association",
    }  # fmt: skip
    assert names == made | ABSTRACT


@pytest.mark.parametrize("kind", sorted(ABSTRACT))
def test_abstract_types_are_refused(kind: str) -> None:
    document = {"type": kind, "enz": BRAF, "sub": MEK, "agent": BRAF, "subj": BRAF, "obj": MEK}
    with pytest.raises(NoStatementError, match=f"{kind} is an abstract type"):
        read_statement(document)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (None, "it is a JSON NoneType, not an object"),
        ([ACTIVATION], "it is a JSON list, not an object"),
        ({}, "INDRA knows no statement type None"),
        ({"type": "Agent", "name": "BRAF"}, "INDRA knows no statement type 'Agent'"),
        ({"type": ["Complex"]}, r"INDRA knows no statement type \['Complex'\]"),
        ({"type": "Gef", "ras": BRAF}, "field gef is missing"),
        ({"type": "Gap", "gap": BRAF}, "field ras is missing"),
        ({"type": "Gap", "gap": BRAF, "ras": None}, "field ras is missing"),
        ({"type": "Complex", "members": []}, "field members: .* at least 1 item"),
        ({"type": "Complex"}, "field members is missing"),
        ({"type": "Complex", "members": [BRAF, None]}, "field members.1: .* not None"),
        ({"type": "Complex", "members": [BRAF, {}]}, "field members.1.name is missing"),
        (without(SITE, "sub"), "field sub is missing"),
        ({"type": "Autophosphorylation"}, "field enz is missing"),
        (without(ACTIVATION, "subj"), "field subj is missing"),
        ({"type": "IncreaseAmount", "subj": BRAF}, "field obj is missing"),
        ({"type": "ActiveForm", "activity": "kinase", "is_active": True}, "field agent is missing"),
        ({"type": "Translocation", "to_location": "nucleus"}, "field agent is missing"),
        ({"type": "Conversion"}, "it has no agent"),
        ({"type": "Conversion", "obj_from": BRAF}, "field obj_from: .* valid list"),
        ({"type": "Influence", "subj": BRAF, "obj": MEK}, "field subj.type is missing"),
        ({"type": "Event", "concept": {"name": "rain"}}, "field delta is missing"),
        (
            {"type": "Event", "concept": {"name": "rain", "db_refs": {"TEXT": 5}}, "delta": {}},
            "field concept.db_refs: TEXT is no text",
        ),
        ({"type": "Association", "members": []}, "field members: .* at least 2 items"),
        ({**ACTIVATION, "obj_activity": ""}, "field obj_activity: it is empty"),
        ({**ACTIVATION, "obj_activity": 5}, "field obj_activity: .* not 5"),
        ({"type": "ActiveForm", "agent": BRAF, "activity": " "}, "field activity: it is empty"),
        ({"type": "ActiveForm", "agent": BRAF, "is_active": "yes"}, "is_active: .* not 'yes'"),
        ({**SITE, "residue": "Ö"}, "Invalid residue name: 'Ö'"),
        ({**SITE, "residue": ["S"]}, "field residue: .* not \\['S'\\]"),
        ({**SITE, "position": 1.5}, "field position: .* not 1.5"),
        ({**SITE, "position": True}, "field position: .* not True"),
        ({**SITE, "position": 10**5000}, "4300 digits"),
        ({**ACTIVATION, "subj": {"name": ""}}, "field subj.name: it is empty"),
        ({**ACTIVATION, "subj": {"name": "\x00 "}}, "field subj.name: it is empty"),
        ({**ACTIVATION, "subj": {"name": 7}}, "field subj.name: .* not 7"),
        ({**ACTIVATION, "subj": {**BRAF, "db_refs": ["HGNC"]}}, "field subj.db_refs: "),
        ({**ACTIVATION, "subj": {**BRAF, "db_refs": {"HGNC": 1097}}}, "subj.db_refs.HGNC: .* 1097"),
        ({**ACTIVATION, "subj": {**BRAF, "mods": [{}]}}, "subj.mods.0.mod_type is missing"),
        ({**ACTIVATION, "subj": {**BRAF, "mods": [None]}}, "subj.mods.0: "),
        ({**ACTIVATION, "subj": {**BRAF, "mutations": [5]}}, "subj.mutations.0: "),
        ({**ACTIVATION, "subj": {**BRAF, "location": 5}}, "subj.location: "),
        ({**ACTIVATION, "subj": {**BRAF, "activity": "kinase"}}, "subj.activity: "),
        ({**ACTIVATION, "subj": {**BRAF, "bound_conditions": [{}]}}, "0.agent is missing"),
        ({**ACTIVATION, "evidence": {}}, "field evidence: "),
    ],
)  # fmt: skip
def test_what_no_stage_can_hold_is_refused_by_field(document: Any, fault: str) -> None:
    with pytest.raises(NoStatementError, match=fault):
        read_statement(document)


def test_null_is_as_good_as_a_missing_field() -> None:
    names = ("evidence", "id", "belief", "supports", "sbo", "matches_hash")
    empty = {**SITE, "enz": {**BRAF, "mods": None, "db_refs": None}, **dict.fromkeys(names)}
    refs = dict.fromkeys(("annotations", "epistemics", "text_refs", "context", "pmid", "text"))

    assert read_statement(empty).matches_key() == (
        read_statement({**SITE, "enz": {"name": "BRAF"}}).matches_key()
    )
    evidence = read_statement({**SITE, "evidence": [{"source_api": "reach", **refs}]}).evidence
    assert [(each.annotations, each.text_refs) for each in evidence] == [({}, {})]


@given(odd.odd_documents())
def test_every_entrance_reads_the_same(document: Any) -> None:
    stored = storable_json(document)
    test, reading = accepted(read_statement, stored), accepted(read_raw_statement, stored)
    listed, raw = accepted(usable_json, stored), accepted(reading_json, stored)

    assert (test is None) == (listed is None)
    assert (reading is None) == (raw is None)
    if test is None or listed is None:
        assert reading is None
        return
    assert read_statement(listed.document, of_round=True).get_hash() == test.get_hash()
    assert len(evidence_of(listed.document)) == len(test.evidence)
    if reading is not None and raw is not None:
        assert reading.statement.get_hash() == test.get_hash()
        assert reading.refused == raw.refused
        assert listed.refused.keys() <= reading.refused.keys()


def reading_json(document: Any) -> Checked:
    return usable_json(document, of_reading=True)


def accepted(read: Callable[[Any], T], document: Any) -> T | None:
    try:
        return read(document)
    except NoStatementError:
        return None


@pytest.mark.parametrize("kind", ["Activation", "Inhibition", "GtpActivation"])
@pytest.mark.parametrize("absent", [{}, {"obj_activity": None}])
def test_a_missing_activity_is_the_one_of_indras_constructor(
    kind: str, absent: dict[str, None]
) -> None:
    bare = {"type": kind, "subj": BRAF, "obj": MEK}

    found = read_statement({**bare, **absent})

    assert found.obj_activity == "activity"
    assert found.get_hash() == read_statement({**bare, "obj_activity": "activity"}).get_hash()


def test_a_hash_in_the_document_is_not_believed() -> None:
    assert read_statement({**ACTIVATION, "matches_hash": ["x"]}).get_hash() == (
        read_statement(ACTIVATION).get_hash()
    )


def test_links_are_those_of_a_round_alone() -> None:
    linked = {**ACTIVATION, "supports": ["a"], "supported_by": ["b"]}
    assert read_statement(linked).supports == []
    found = read_statement(linked, of_round=True)
    assert (found.supports, found.supported_by) == (["a"], ["b"])


def test_an_agent_is_grounded_by_the_first_of_several_references() -> None:
    several = {"HGNC": ["1097", "5"], "CHEBI": [], "UP": [["P15056", 0.9]]}
    found = read_statement({**ACTIVATION, "subj": {"name": "BRAF", "db_refs": several}})
    assert found.subj.db_refs == {"HGNC": "1097", "CHEBI": None, "UP": "P15056"}


@given(st.text(st.characters(exclude_categories=())))
def test_stored_text_has_nothing_that_postgresql_or_xml_refuse(text: str) -> None:
    stored = storable_text(text)
    stored.encode()
    assert storable_text(stored) == stored
    element = etree.Element("a")
    element.text = stored  # lxml refuses what XML cannot hold
    assert (etree.fromstring(etree.tostring(element)).text or "") == stored


@given(odd.junk())
def test_stored_json_is_json(value: Any) -> None:
    stored = storable_json(value)
    text = json.dumps(stored, ensure_ascii=False, allow_nan=False)
    assert storable_text(text) == text
    assert "\\u0000" not in text


def test_deep_nesting_is_refused() -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH * 50):
        deep = [deep]
    with pytest.raises(NoStatementError, match="nested more than 100 levels"):
        read_statement({**ACTIVATION, "evidence": [{**EVIDENCE, "annotations": {"a": deep}}]})


def test_a_label_names_the_agents() -> None:
    assert statement_label(ACTIVATION) == "Activation(BRAF, MEK)"
    assert statement_label({"type": "Complex", "members": [BRAF] * 4}) == (
        "Complex(BRAF, BRAF, BRAF, …)"
    )
    assert statement_label(5) == "int"


@pytest.mark.parametrize("field", ["subj", "obj_from", "obj_to"])
def test_a_conversion_is_about_something(field: str) -> None:
    agent = {"name": "GTP", "db_refs": {"CHEBI": "CHEBI:15996"}}
    nobody: dict[str, Any] = {"type": "Conversion", "subj": None, "obj_from": [], "obj_to": []}
    assert usable_json({**nobody, field: agent if field == "subj" else [agent]})
    with pytest.raises(NoStatementError, match="it has no agent"):
        usable_json(nobody)
