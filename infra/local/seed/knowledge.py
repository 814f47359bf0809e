"""A model's knowledge at the end of a day: its assembled statements, derived from the facts.

This is not the jobs' assembly but the same rule in a few lines, so that each can check the
other: hypotheses are left out, copies merge, and of two statements the more exact one stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.seed.catalogue import DemoModel
from infra.local.seed.statements import make_statement

if TYPE_CHECKING:
    from indra.statements import Statement


def known_statements(model: DemoModel, day: int) -> dict[int, Statement]:
    """By hash, the statements assembled of all papers up to a day; none before day 0."""
    from indra.ontology.bio import bio_ontology

    facts = [fact for paper in model.papers_until(day) for fact in paper.facts]
    statements = [make_statement(fact) for fact in facts if not fact.hypothesis]
    unique = {statement.get_hash(): statement for statement in statements}
    return {
        key: statement
        for key, statement in unique.items()
        if not any(
            other.refinement_of(statement, bio_ontology)
            for other_key, other in unique.items()
            if other_key != key
        )
    }


def known_names(statements: dict[int, Statement]) -> set[str]:
    """Return the names of all agents of some statements."""
    return {agent.name for s in statements.values() for agent in s.real_agent_list()}
