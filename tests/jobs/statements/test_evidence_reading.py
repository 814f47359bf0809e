"""Evidence of statements: what of it is read, ignored or left out."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_jobs.statements.fields import papers_of, statement_hash
from emmaa_jobs.statements.gate import (
    NoStatementError,
    read_raw_statement,
    read_statement,
    usable_json,
)
from tests.jobs.statements.documents import ACTIVATION, EVIDENCE

OWN = ("id", "belief", "matches_hash", "supports", "supported_by")


@pytest.mark.parametrize("field", OWN)
@pytest.mark.parametrize("value", [None, [], [5], {}, True, -1.5, float("nan"), 10**400])
def test_a_field_that_jobs_make_is_ignored_if_of_another_type(field: str, value: Any) -> None:
    document = {**ACTIVATION, "evidence": [EVIDENCE], field: value}
    json_read = usable_json(document).document
    for statement in (
        read_statement(document),
        read_raw_statement(document).statement,
        read_statement(document, of_round=True),
        read_statement(json_read, of_round=True),
    ):
        assert statement.get_hash() == read_statement(ACTIVATION).get_hash()
        assert isinstance(statement.uuid, str)
        assert (statement.belief, statement.supports, statement.supported_by) == (1, [], [])
    assert statement_hash(json_read) == str(read_statement(ACTIVATION).get_hash())


@pytest.mark.parametrize("pmid", [22, "22"])
def test_a_pmid_may_be_a_number(pmid: int | str) -> None:
    document = {**ACTIVATION, "evidence": [{**EVIDENCE, "pmid": pmid}]}
    assert read_raw_statement(document).statement.evidence[0].pmid == "22"
    assert [*papers_of(usable_json(document).document, "PMID")] == ["1"]


def test_evidence_that_cannot_be_used_costs_itself() -> None:
    wrong = [
        {"source_api": "oracle"},
        {**EVIDENCE, "pmid": 5.5},
        {**EVIDENCE, "text": ["A"]},
        {**EVIDENCE, "text_refs": {"PMID": {}}},
        {**EVIDENCE, "annotations": []},
        {**EVIDENCE, "epistemics": {"direct": {}}},
        {**EVIDENCE, "context": {"type": "odd"}},
        None,
    ]

    found = read_raw_statement({**ACTIVATION, "evidence": [*wrong, EVIDENCE]})

    assert [each.text for each in found.statement.evidence] == ["A sentence."]
    assert sorted(found.refused) == list(range(len(wrong)))
    assert "source_api 'oracle'" in found.refused[0]
    assert "pmid" in found.refused[1]


def test_a_reading_without_usable_evidence_is_refused() -> None:
    with pytest.raises(NoStatementError, match="evidence can be used: source_api 'oracle'"):
        read_raw_statement({**ACTIVATION, "evidence": [{"source_api": "oracle"}]})


def test_annotations_that_indras_steps_would_fail_on_are_dropped() -> None:
    odd = {"agents": "", "prior_uuids": 5, "found_by": None, "emmaa": 5, "note": None}
    good = {"agents": {"raw_text": ["KRAS"]}, "prior_uuids": [], "found_by": "a rule"}

    assert read_annotations(odd) == {"note": None}
    assert read_annotations({"prior_uuids": [1, {}, "a", None]}) == {"prior_uuids": ["a"]}
    assert read_annotations(good) == good


def read_annotations(annotations: object) -> object:
    agent = {"name": "KRAS", "db_refs": {}}
    item = {"source_api": "reach", "annotations": annotations}
    document = {"type": "Autophosphorylation", "enz": agent, "evidence": [item]}
    return read_statement(document).evidence[0].annotations


def test_of_several_texts_of_a_concept_the_first_counts() -> None:
    refs = {"TEXT": ["rains", "rain"], "WM": [["wm/rain", 0.5]], "UN": None}
    event = {"type": "Event", "concept": {"name": "rain", "db_refs": refs}, "delta": {}}

    concept = read_statement(event).concept

    assert concept.db_refs == {"TEXT": "rains", "WM": [("wm/rain", 0.5)]}
