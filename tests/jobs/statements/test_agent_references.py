"""References are in order, however deep the agent, and concepts have some as well."""

from __future__ import annotations

from indra.statements import Activation, Agent, BoundCondition, Concept, Event, Influence

from emmaa_jobs.statements.agent_references import sort_references


def some_agent(name: str, *bound: Agent) -> Agent:
    conditions = [BoundCondition(each) for each in bound]
    return Agent(name, db_refs={"UP": "1", "EGID": "2", "HGNC": "3"}, bound_conditions=conditions)


def test_agents_bound_to_bound_agents_are_sorted() -> None:
    innermost = some_agent("c")
    middle = some_agent("b", innermost)

    sort_references([some_agent("a", middle), None])

    assert list(innermost.db_refs.items()) == [("EGID", "2"), ("HGNC", "3"), ("UP", "1")]
    assert list(middle.db_refs) == ["EGID", "HGNC", "UP"]


def test_statements_without_an_agent_and_of_concepts_are_sorted() -> None:
    rain = Concept("rain", db_refs={"WM": "1", "TEXT": "rain"})
    agent = some_agent("a")

    for statement in (Influence(Event(rain), Event(Concept("flood"))), Activation(None, agent)):
        sort_references(statement.agent_list())

    assert list(rain.db_refs) == ["TEXT", "WM"]
    assert list(agent.db_refs) == ["EGID", "HGNC", "UP"]
