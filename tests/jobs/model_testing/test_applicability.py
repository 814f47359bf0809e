"""Tests that a model can be asked (docs/reference/model-tests.md#applicability)."""

from __future__ import annotations

import pytest
from indra.statements import Activation, Agent, Complex, Phosphorylation

from emmaa_jobs.model_testing.applicability import (
    RefinementConnector,
    ScopeConnector,
    connector,
)
from tests.jobs.known_biology import agent

ENTITIES = [agent(name) for name in ("BRAF", "MAP2K1", "MAPK1", "vemurafenib")]


@pytest.mark.parametrize("kind", [ScopeConnector, RefinementConnector])
def test_all_agents_must_be_there(kind: type[ScopeConnector]) -> None:
    asked = kind(ENTITIES)
    assert asked.applicable(Activation(agent("BRAF"), agent("MAPK1")))
    assert not asked.applicable(Activation(agent("BRAF"), agent("TP53")))
    assert not asked.applicable(Complex([agent("BRAF"), agent("MAPK1"), agent("TP53")]))


def test_a_family_applies_by_its_members_in_refinement_alone() -> None:
    test = Activation(agent("RAF"), agent("ERK"))
    assert not ScopeConnector(ENTITIES).applicable(test)
    assert RefinementConnector(ENTITIES).applicable(test)


def test_a_member_does_not_apply_by_its_family() -> None:
    families = [agent("RAF"), agent("ERK")]
    assert not RefinementConnector(families).applicable(Activation(agent("RAF"), agent("MAPK1")))


def test_families_of_families() -> None:
    # MAPK contains ERK, which contains MAPK1.
    assert RefinementConnector(ENTITIES).applicable(Activation(agent("BRAF"), agent("MAPK")))


def test_an_agent_without_grounding_is_known_by_its_name_alone() -> None:
    unknown = Agent("something", db_refs={"TEXT": "something"})
    assert not RefinementConnector(ENTITIES).applicable(Activation(unknown, agent("MAPK1")))
    assert RefinementConnector([*ENTITIES, unknown]).applicable(Activation(unknown, unknown))


def test_unknown_agents_of_a_test_do_not_matter() -> None:
    assert ScopeConnector(ENTITIES).applicable(Phosphorylation(None, agent("MAPK1")))


def test_entities_may_be_json() -> None:
    entities = [each.to_json() for each in ENTITIES]
    test = Activation(agent("BRAF"), agent("ERK"))
    assert connector("refinement", entities).applicable(test)
    assert not connector("scope", entities).applicable(test)
