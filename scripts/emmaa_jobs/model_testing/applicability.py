"""Tests and queries that a model can be asked (docs/reference/model-tests.md#applicability).

*Scope*: every agent's name is the name of one of the model's entities. *Refinement*: that, or
the standard name of something below the agent in the ontology is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

#: A model's entities: agents, or their JSON as a manager's file holds it.
Entities = Iterable["Agent | Mapping[str, Any]"]


class Connector(Protocol):
    """Tells whether a model can be asked to explain a statement."""

    def applicable(self, stmt: Statement) -> bool:
        """Return whether all agents of the statement are in the model."""


class ScopeConnector:
    """Every agent must be in the model by its own name.

    :param entities: the agents of all assembled statements
    """

    def __init__(self, entities: Entities) -> None:
        names = map(_name, entities)
        self.names = frozenset(name for name in names if isinstance(name, str))

    def applicable(self, stmt: Statement) -> bool:
        """Return whether the model has all agents of the statement."""
        return all(self.has(agent) for agent in stmt.real_agent_list())

    def has(self, agent: Agent) -> bool:
        """Return whether the model has the agent."""
        return agent.name in self.names


class RefinementConnector(ScopeConnector):
    """Every agent, or one that is more specific in the ontology, must be in the model."""

    def has(self, agent: Agent) -> bool:
        """Return whether the model has the agent or one below it."""
        return super().has(agent) or self._has_descendant(*agent.get_grounding())

    @functools.cached_property
    def _has_descendant(self) -> Any:
        # The ontology takes a second to load: it is not touched where names suffice.
        from indra.ontology.bio import bio_ontology

        @functools.cache
        def found(namespace: str | None, identifier: str | None) -> bool:
            if namespace is None:
                return False
            below = bio_ontology.get_children(namespace, identifier)
            return any(bio_ontology.get_name(*each) in self.names for each in below)

        return found


CONNECTORS: Mapping[str, type[ScopeConnector]] = {
    "scope": ScopeConnector,
    "refinement": RefinementConnector,
}


def connector(kind: str, entities: Entities) -> ScopeConnector:
    """Return the connector that ``test.test_connector`` names."""
    return CONNECTORS[kind](entities)


def _name(entity: Agent | Mapping[str, Any]) -> object:
    return entity.get("name") if isinstance(entity, Mapping) else entity.name
