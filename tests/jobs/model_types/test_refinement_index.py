"""The index of refinements against a comparison of all with all."""

from __future__ import annotations

import pytest
from indra.ontology.bio import bio_ontology
from indra.statements import ActivityCondition, Agent, ModCondition

from emmaa_jobs.model_types.refinements import RefinementIndex
from tests.jobs.known_biology import agent

ACTIVE = {"activity": ActivityCondition("kinase", True)}
PHOSPHORYLATED = {"mods": [ModCondition("phosphorylation", "T", "185")]}
MODEL = [
    *map(agent, ("BRAF", "RAF1", "RAF", "MAP2K1", "MAPK1", "MAPK3", "ERK", "vemurafenib")),
    agent("MAPK1", **ACTIVE),
    agent("MAPK1", **PHOSPHORYLATED),
    Agent("ungrounded"),
    Agent("BRAF", db_refs={"TEXT": "BRAF"}),
]
ASKED = [
    *map(agent, ("RAF", "ERK", "MEK", "MAPK1", "EGF", "vemurafenib")),
    agent("ERK", **ACTIVE),
    agent("ERK", mods=[ModCondition("phosphorylation")]),
    Agent("ungrounded"),
    Agent("BRAF"),
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_index_finds_what_comparison_finds(asked: Agent) -> None:
    expected = [
        number
        for number, each in enumerate(MODEL)
        if not each.matches(asked) and each.refinement_of(asked, bio_ontology)
    ]
    assert RefinementIndex(enumerate(MODEL)).refinements(asked) == expected


def test_there_is_something_to_find() -> None:
    found = RefinementIndex(enumerate(MODEL)).refinements(agent("ERK"))
    assert {MODEL[number].name for number in found} == {"MAPK1", "MAPK3"}
