"""Statements about agents that are bound, where no statement says that the two bind."""

from __future__ import annotations

import pytest
from indra.assemblers.pysb.kappa_util import im_json_to_graph
from indra.statements import Activation, Agent, BoundCondition, Complex, Statement

from emmaa_jobs.model_types import assemble
from emmaa_jobs.rule_models.kappa import running_kappa
from emmaa_jobs.rule_models.languages import bonds_without_rules, kappa_source
from tests.jobs.known_biology import agent, config, with_evidence

BRAF, KRAS, MEK = (agent(name) for name in ("BRAF", "KRAS", "MAP2K1"))


def bound(name: str, *others: Agent) -> Agent:
    found = agent(name)
    found.bound_conditions = [BoundCondition(other) for other in others]
    return found


BINDING: dict[str, Statement] = {
    "to another": Complex([MEK, bound("BRAF", KRAS)]),
    "to itself": Complex([MEK, bound("BRAF", BRAF)]),
    "to two others": Complex([MEK, bound("BRAF", KRAS, agent("EGFR"))]),
    "before it binds itself": Complex([bound("BRAF", KRAS), BRAF]),
    "as the subject": Activation(bound("BRAF", KRAS), MEK),
}


@pytest.mark.parametrize("case", BINDING)
def test_kappa_analyses_agents_that_nothing_binds(case: str) -> None:
    known = with_evidence(Activation(agent("EGF"), agent("EGFR")))
    model = assemble("pysb", [with_evidence(BINDING[case]), known], config())
    assert model.left_out == []

    with running_kappa(kappa_source(model.model), 60) as kappa:
        influences = im_json_to_graph(kappa.analyses_influence_map(accuracy="medium"))

    named = [*model.model.rules, *model.model.parameters]
    assert {*influences} == {component.name for component in named}


def test_bonds_that_rules_make_need_no_line() -> None:
    statements = [with_evidence(BINDING["to another"]), with_evidence(Complex([BRAF, KRAS]))]
    assert bonds_without_rules(assemble("pysb", statements[:1], config()).model) == (
        "%init: 0 BRAF(ras[1]), BRAF(ras[1])\n"
    )
    assert bonds_without_rules(assemble("pysb", statements, config()).model) == ""
