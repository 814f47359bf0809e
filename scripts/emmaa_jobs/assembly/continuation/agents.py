"""A test, by their agents, of two statements that a preassembly may join.

INDRA looks for the statements that one may refine by type and by the places of its agents in the
ontology (``indra.preassembler.refinement.OntologyRefinementFilter``). What is found here is all
that it would compare, and maybe more. Equal statements are found by their key instead.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from indra.statements import Statement

#: An agent's place in the ontology, namespace and id; None for an unknown agent.
Place: TypeAlias = tuple[str, str] | None


def places_by_role(statement: Statement) -> list[list[Place]]:
    """Return the places of the agents in each role, in the order of the class's roles.

    :raises ValueError: if an agent has a place that is not two texts.
    :raises TypeError: if it is one that cannot be hashed.
    """
    from indra.preassembler.refinement import get_agent_key

    found = []
    for role in statement._agent_order:
        held = getattr(statement, role)
        agents = held if isinstance(held, list) else [held]
        # INDRA lets a role without agents be refined by any, as an unknown agent.
        places = dict.fromkeys(get_agent_key(agent) for agent in agents) or {None: None}
        found.append([_checked(place) for place in places])
    return found


def _checked(place: object) -> Place:
    match place:
        case None:
            return None
        case (str(namespace), str(identifier)):
            return namespace, identifier
    raise ValueError(f"an agent's grounding is {place!r}, not a namespace and an id")


def may_join(one: Sequence[Sequence[Place]], other: Sequence[Sequence[Place]]) -> bool:
    """Return whether statements of one type, with these places by role, may be joined."""
    roles = list(zip(one, other, strict=True))
    return all(_finds(a, b) for a, b in roles) or all(_finds(b, a) for a, b in roles)


def _finds(searching: Sequence[Place], found: Sequence[Place]) -> bool:
    """Return whether each agent of a role has a related one in the other statement's role."""
    if None in found:
        return True
    return all(place is not None and not related(place).isdisjoint(found) for place in searching)


@functools.cache
def related(place: tuple[str, str]) -> frozenset[Place]:
    """Return a place, and all above and below it in INDRA's ontology."""
    from indra.ontology.bio import bio_ontology

    above, below = bio_ontology.get_parents(*place), bio_ontology.get_children(*place)
    return frozenset([place, *above, *below])
