"""Queries about simulations of the textbook Ras model and of parts of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indra.statements import (
    Activation,
    ActivityCondition,
    Agent,
    Complex,
    DecreaseAmount,
    Inhibition,
    ModCondition,
    Statement,
)

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model_types import assemble
from emmaa_jobs.queries.answering import Answers, answer_queries
from emmaa_jobs.queries.query_types import Query, query_from_json
from emmaa_jobs.queries.round_model import RoundModel
from emmaa_jobs.simulation import ObservedModel
from tests.jobs.known_biology import agent, config, with_evidence
from tests.jobs.model_testing.rounds import save_round

MODEL, ROUND = "rasmodel", "2026-03-02-17-05-00"
TESTER = {"prob": 0.8, "alpha": 0.1, "beta": 0.1, "delta": 0.05}
NOT_APPLICABLE = {"2413475507": "Query is not applicable for this model"}


def active(name: str) -> Agent:
    return agent(name, activity=ActivityCondition("activity", True))


def phosphorylated(name: str) -> Agent:
    return agent(name, mods=[ModCondition("phosphorylation")])


def dynamic(entity: Agent, pattern: str, value: str | None = None) -> Query:
    return query_from_json(
        {
            "type": "dynamic_property",
            "entity": entity.to_json(),
            "pattern_type": pattern,
            "quantity": {"type": "qualitative", "value": value},
        }
    )


def intervention(condition: Agent, target: Agent, direction: str) -> Query:
    return query_from_json(
        {
            "type": "simple_intervention_property",
            "condition_entity": condition.to_json(),
            "target_entity": target.to_json(),
            "direction": direction,
        }
    )


def transient_egfr() -> list[Statement]:
    """EGF activates EGFR, which CBL then degrades."""
    return [
        with_evidence(Activation(agent("EGF"), agent("EGFR"))),
        with_evidence(DecreaseAmount(agent("CBL"), agent("EGFR"))),
    ]


def switch() -> list[Statement]:
    """MAP2K1 is activated as strongly as it is inhibited: half of it is active, at random."""
    return [
        with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))),
        with_evidence(Inhibition(agent("DUSP6"), agent("MAP2K1"))),
    ]


def chain_without_end() -> list[Statement]:
    """Three molecules that bind in a ring bind to chains of any length as well."""
    names = ["EGFR", "GRB2", "SOS1"]
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    return [with_evidence(Complex([agent(one), agent(other)])) for one, other in pairs]


def active_chain_without_end() -> list[Statement]:
    """Return a chain that needs one active molecule first: its rules do not show that it grows."""
    _, *others = chain_without_end()
    return [
        with_evidence(Activation(agent("EGF"), agent("EGFR"))),
        with_evidence(Complex([active("EGFR"), agent("GRB2")])),
        *others,
    ]


def observed(statements: list[Statement], agents: Iterable[Agent]) -> ObservedModel:
    return ObservedModel(assemble("dynamic", statements, config()).model, agents)


def answers(
    bucket: Bucket,
    queries: Iterable[Query],
    statements: list[Statement] | None = None,
    mc_types: tuple[str, ...] = ("pysb",),
    **query: Any,
) -> Answers:
    """Answer queries by a round of these statements, the Ras model by default.

    :param mc_types: a ``dynamic`` model is made of the same statements
    :param query: the config's section
    """
    save_round(bucket, statements, model=f"{MODEL}_dynamic", date_str=ROUND)
    record = save_round(bucket, statements, date_str=ROUND, mc_types=mc_types, query=query)
    return answer_queries(RoundModel(bucket, record), list(queries))


def items(found: Answers) -> list[Any]:
    """Return the only item of each answer, in the order of the queries; none failed."""
    assert found.faults == []
    assert list(found.left_out) == []
    return [next(iter(answer.response.values())) for answer in found.found]


MAP2K1, EGFR = active("MAP2K1"), active("EGFR")


def refused(found: Answers) -> str:
    """Return the only reason for which all queries are not applicable."""
    assert found.faults == []
    assert [answer.response for answer in found.found] == [NOT_APPLICABLE] * len(found.found)
    (reason,) = {item.reason for item in found.left_out}
    return reason
