"""Queries as sentences: read as the query whose English they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_jobs.queries.entities import Entities, UnknownEntityError
from emmaa_jobs.queries.query import QueryError
from emmaa_jobs.queries.query_types import Query, query_from_json
from emmaa_jobs.queries.sentences import query_from_sentence
from emmaa_jobs.queries.simulation_queries import PATTERNS, VALUE_PATTERNS

#: Names as they are in models: with spaces, hyphens, digits, and words that describe states.
NAMES = ["EGF", "MAPK1", "BRAF", "vemurafenib", "sialic acid", "HLA-A", "p53", "beta-catenin",
         "14-3-3", "MEK/ERK", "IL1 receptor", "phosphorylated Tau", "Ras GTPase"]  # fmt: skip
MODEL = [{"name": name, "db_refs": {"TEST": str(number)}} for number, name in enumerate(NAMES)]
ENTITIES = Entities(MODEL, "model")


def read(sentence: str, entities: Entities = ENTITIES) -> Query:
    return query_from_sentence(sentence, entities.agent, entities.is_name)


@pytest.mark.parametrize(
    ("sentence", "qtype", "english"),
    [
        ("EGF activates MAPK1", "path_property", "EGF activates MAPK1."),
        ("  egf  activates\nMapk1. ", "path_property", "EGF activates MAPK1."),
        ("BRAF V600E phosphorylates MAPK1 on T185", "path_property",
         "BRAF-V600E phosphorylates MAPK1 on T185."),
        ("EGF increases the amount of MAPK1", "path_property",
         "EGF increases the amount of MAPK1."),
        ("EGF binds BRAF", "path_property", "EGF binds BRAF."),
        ("GTP-bound BRAF activates MAPK1", "path_property",
         "GTP-bound active BRAF activates MAPK1."),
        ("BRAF bound to EGF activates MAPK1", "path_property",
         "BRAF bound to EGF activates MAPK1."),
        ("What inhibits BRAF? (CHEBI)", "open_search_query", "What inhibits BRAF? (CHEBI)"),
        ("what does BRAF increase the amount of", "open_search_query",
         "What does BRAF increase the amount of?"),
        ("phosphorylated MAPK1 is eventually high", "dynamic_property",
         "Phosphorylated MAPK1 is eventually high."),
        ("MAPK1 phosphorylated on T185 and Y187 is transient", "dynamic_property",
         "MAPK1 phosphorylated on T185 and Y187 is transient."),
        ("MAPK1 is not changing", "dynamic_property", "MAPK1 is not changing."),
        ("vemurafenib decreases active MAPK1", "simple_intervention_property",
         "vemurafenib decreases active MAPK1."),
        # The name of an entity comes before the words for a state.
        ("phosphorylated Tau is always low", "dynamic_property",
         "Phosphorylated Tau is always low."),
    ],
)  # fmt: skip
def test_a_sentence_is_understood(sentence: str, qtype: str, english: str) -> None:
    query = read(sentence)
    assert (query.qtype, query.english()) == (qtype, english)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("", "a sentence of 1 to"),
        ("EGF", "is not understood"),
        ("EGF likes MAPK1", "The verbs of a path are"),
        ("EGF activates", "is not understood"),
        ("What likes BRAF?", "The verbs here are"),
        ("EGFF activates MAPK1", "has no entity 'EGFF'; similar are EGF"),
        ("MAPK1 phosphorylated on heaven is always low", "'heaven' is not a site"),
        ("MAPK1 is eventually", "one of low, high is expected"),
        ("x" * 5000, "a sentence of 1 to"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_hint(sentence: str, reason: str) -> None:
    with pytest.raises(QueryError) as refused:
        read(sentence)
    assert reason in str(refused.value)


def _agent(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {**next(each for each in MODEL if each["name"] == name), **state}


MODS = st.builds(
    lambda kind, modified: {"mods": [{"mod_type": kind, "is_modified": modified}]},
    st.sampled_from(["phosphorylation", "ubiquitination", "methylation", "sumoylation"]),
    st.booleans(),
)
SITES = st.lists(
    st.builds(
        lambda residue, position: {
            "mod_type": "phosphorylation",
            "residue": residue,
            "position": str(position),
            "is_modified": True,
        },
        st.sampled_from("STY"),
        st.integers(1, 9999),
    ),
    min_size=1,
    max_size=3,
).map(lambda mods: {"mods": mods})
ACTIVITIES = st.builds(
    lambda kind, active: {"activity": {"activity_type": kind, "is_active": active}},
    st.sampled_from(["activity", "kinase", "gtpbound", "catalytic", "transcription"]),
    st.booleans(),
)
MUTATIONS = st.just({"mutations": [{"position": "600", "residue_from": "V", "residue_to": "E"}]})
BONDS = st.builds(
    lambda name, bound: {"bound_conditions": [{"agent": _agent(name, {}), "is_bound": bound}]},
    st.sampled_from(NAMES),
    st.booleans(),
)


def _has_no_state(name: str) -> bool:
    return not name.startswith("phosphorylated")


@st.composite
def agents(draw: st.DrawFn) -> dict[str, Any]:
    """Any agent of the model, in any of the states that INDRA has distinct words for."""
    state: dict[str, Any] = {}
    parts: list[st.SearchStrategy[dict[str, Any]]] = [MODS | SITES, ACTIVITIES, MUTATIONS, BONDS]
    for part in draw(st.lists(st.sampled_from(parts))):
        state |= draw(part)
    # "phosphorylated Tau-V600E" would be read as phosphorylated Tau of the mutant.
    names = st.sampled_from(NAMES) if not state else st.sampled_from(NAMES).filter(_has_no_state)
    return _agent(draw(names), state)


PATHS = st.builds(
    lambda kind, one, other: {"type": "path_property", "path": {"type": kind, "subj": one,
                                                                "obj": other}},
    st.sampled_from(["Activation", "Inhibition", "IncreaseAmount", "DecreaseAmount"]),
    agents(), agents(),
)  # fmt: skip
MODIFYING = st.builds(
    lambda kind, one, other, at: {"type": "path_property",
                                  "path": {"type": kind, "enz": one, "sub": other, **at}},
    st.sampled_from(["Phosphorylation", "Dephosphorylation", "Ubiquitination", "Desumoylation"]),
    agents(), agents().filter(lambda agent: "mods" not in agent),
    st.sampled_from([{}, {"residue": "T", "position": "185"}]),
)  # fmt: skip
SEARCHES = st.builds(
    lambda kind, role, agent, spaces: {
        "type": "open_search_query",
        "stmt_type": kind,
        "entity_role": role,
        "entity": agent,
        "terminal_ns": spaces,
    },
    st.sampled_from(["Activation", "Inhibition", "IncreaseAmount", "Phosphorylation"]),
    st.sampled_from(["subject", "object"]),
    agents(),
    st.sampled_from([None, ["hgnc"], ["chebi", "fplx"]]),
)
DYNAMICS = st.builds(
    lambda agent, pattern, value: {
        "type": "dynamic_property",
        "entity": agent,
        "pattern_type": pattern,
        "quantity": {"type": "qualitative", "value": value if pattern in VALUE_PATTERNS else None},
    },
    agents(),
    st.sampled_from(sorted(PATTERNS)),
    st.sampled_from(["low", "high"]),
)
INTERVENTIONS = st.builds(
    lambda one, other, way: {
        "type": "simple_intervention_property",
        "condition_entity": one,
        "target_entity": other,
        "direction": way,
    },
    agents(),
    agents(),
    st.sampled_from(["up", "dn"]),
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(PATHS, MODIFYING, SEARCHES, DYNAMICS, INTERVENTIONS))
def test_a_querys_own_english_is_read_as_the_same_query(document: dict[str, Any]) -> None:
    query = query_from_json(document)
    assert read(query.english()) == query, query.english()


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from([*NAMES, "activates", "is", "always", "high", "What", "does", "bound to",
                         "not", "on", "T185", "decreases", "?", "(", "CHEBI)", "phosphorylated",
                         "-", ",", "and", "\x00", "=?utf-8?q?x?="]),
        max_size=8,
    ).map(" ".join)
)  # fmt: skip
def test_any_other_text_is_read_or_refused(text: str) -> None:
    try:
        query = read(text)
    except QueryError:
        return
    assert all(agent.name in NAMES for agent in query.agents())


def test_a_former_symbol_and_another_case_name_the_models_entity() -> None:
    model = Entities([{"name": "MAP2K1", "db_refs": {"HGNC": "6840"}}], "model")
    read("PRKMK1 activates map2k1", model)

    assert [str(each) for each in model.found.values()] == [
        "MAP2K1 (HGNC: 6840, written 'PRKMK1'), in the model",
        "MAP2K1 (HGNC: 6840, written 'map2k1'), in the model",
    ]


def test_a_name_that_two_entities_have_in_another_case_is_refused() -> None:
    model = Entities([{"name": "Ras", "db_refs": {}}, {"name": "RAS", "db_refs": {}}], "model")
    with pytest.raises(QueryError, match="may be Ras or RAS"):
        read("ras activates RAS", model)


def test_an_entity_that_the_model_lacks_is_grounded_only_if_that_is_asked_for() -> None:
    with pytest.raises(UnknownEntityError, match=r"no entity 'KRAS' \(HGNC, UP has it\)"):
        read("EGF activates KRAS")
    lenient = Entities(MODEL, "model", only_known=False)
    [_, kras] = read("EGF activates KRAS", lenient).agents()
    assert kras.db_refs["HGNC"] == "6407"
    assert "not in the model yet" in str(lenient.found["KRAS"])
    with pytest.raises(UnknownEntityError, match="no HGNC symbol, FamPlex family or ChEBI name"):
        read("EGF activates KRASSS", lenient)
