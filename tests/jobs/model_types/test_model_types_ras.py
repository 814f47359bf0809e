"""All model types on textbook biology."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from indra.statements import (
    Activation,
    Complex,
    Conversion,
    DecreaseAmount,
    Gap,
    Gef,
    IncreaseAmount,
    Inhibition,
    Phosphorylation,
    Statement,
    Translocation,
    Transphosphorylation,
)

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import PATH_MODEL_TYPES
from emmaa_jobs.assembly.steps import add_missing_activities
from emmaa_jobs.model_types import AssembledModel, assemble
from emmaa_jobs.model_types.path_result import PathResult
from tests.jobs.known_biology import agent, config, ras_statements, with_evidence

ALL_TYPES = list(PATH_MODEL_TYPES)


@pytest.fixture(scope="module", params=ALL_TYPES)
def ras(request: pytest.FixtureRequest) -> AssembledModel:
    return assemble(request.param, ras_statements(), config())


def check(model: AssembledModel, test: Statement, length: int = 10) -> PathResult:
    return model.checker([test]).check_statement(test, max_paths=1, max_path_length=length)


def test_egf_activates_mapk1_along_the_cascade(ras: AssembledModel) -> None:
    result = check(ras, Activation(agent("EGF"), agent("MAPK1")))
    assert (result.path_found, result.result_code) == (True, "PATHS_FOUND")
    steps = ras.steps(result.paths[0])
    agents = [(a.name, b.name) for step in steps for a, b in [step.statements[0].agent_list()]]
    cascade = ["EGF", "EGFR", "SOS1", "KRAS", "BRAF", "MAP2K1", "MAPK1"]
    assert agents == list(pairwise(cascade))


def test_mapk1_does_not_activate_egf(ras: AssembledModel) -> None:
    result = check(ras, Activation(agent("MAPK1"), agent("EGF")))
    assert not result.path_found
    assert result.paths == []


def test_a_wrong_sign_passes_only_where_there_are_no_signs(ras: AssembledModel) -> None:
    assert check(ras, Inhibition(agent("EGF"), agent("MAPK1"))).path_found == (
        ras.mc_type == "unsigned_graph"
    )


def test_two_negatives_make_a_positive(ras: AssembledModel) -> None:
    inhibits = check(ras, Inhibition(agent("vemurafenib"), agent("MAPK1")))
    activates = check(ras, Activation(agent("vemurafenib"), agent("MAPK1")))
    assert inhibits.path_found
    assert activates.path_found == (ras.mc_type == "unsigned_graph")


def test_amounts(ras: AssembledModel) -> None:
    assert check(ras, IncreaseAmount(agent("KRAS"), agent("EGR1"))).path_found
    assert check(ras, DecreaseAmount(agent("vemurafenib"), agent("EGR1"))).path_found


def test_modifications_are_not_for_the_signed_graph(ras: AssembledModel) -> None:
    result = check(ras, Phosphorylation(agent("KRAS"), agent("MAP2K1"), "S", "218"))
    if ras.mc_type == "signed_graph":
        assert result.result_code == "STATEMENT_TYPE_NOT_HANDLED"
    else:
        assert result.result_code == "PATHS_FOUND"


def test_a_family_is_explained_by_its_member(ras: AssembledModel) -> None:
    if ras.mc_type in {"pysb", "pybel"}:  # there, states of members are other nodes
        result = check(ras, Phosphorylation(agent("KRAS"), agent("MEK"), "S", "218"))
        member, family = "MAP2K1", "MEK"
    else:
        result = check(ras, Activation(agent("EGF"), agent("ERK")))
        member, family = "MAPK1", "ERK"
    assert result.result_code == "PATHS_FOUND"
    last = ras.steps(result.paths[0])[-1]
    assert (last.kind, last.nodes) == ("RefEdge", (member, family))
    assert member in last.sentence
    assert "refinement of" in last.sentence


def test_the_length_limit(ras: AssembledModel) -> None:
    result = check(ras, Activation(agent("EGF"), agent("MAPK1")), length=3)
    assert (result.path_found, result.result_code) == (True, "MAX_PATH_LENGTH_EXCEEDED")
    assert result.paths == []


def test_a_statement_without_an_object_is_not_handled(ras: AssembledModel) -> None:
    test = Activation(agent("EGF"), agent("MAPK1"))
    test.obj = None
    assert check(ras, test).result_code == "STATEMENT_TYPE_NOT_HANDLED"


def test_a_statement_without_a_subject_is_explained_by_the_nearest(ras: AssembledModel) -> None:
    result = check(ras, Activation(None, agent("MAPK1")))
    if ras.mc_type == "pybel":  # INDRA looks for the node of an agent that is not there
        assert result.result_code == "SUBJECT_NOT_FOUND"
        return
    assert result.result_code == "PATHS_FOUND"
    assert {metric.length for metric in result.path_metrics} == {1}
    assert len(ras.steps(result.paths[0])) == 1


@pytest.mark.parametrize("mc_type", ALL_TYPES)
def test_an_empty_model_explains_nothing_and_does_not_fail(mc_type: str) -> None:
    test = Activation(agent("EGF"), agent("MAPK1"))
    result = check(assemble(mc_type, [], config()), test)
    assert result.result_code in {"OBJECT_NOT_FOUND", "SUBJECT_MONOMERS_NOT_FOUND"}


@pytest.mark.parametrize("mc_type", ALL_TYPES)
def test_statements_with_unknown_agents_do_not_stop_the_others(mc_type: str) -> None:
    egf, kras = agent("EGF"), agent("KRAS")
    aimless = Activation(egf, kras)
    aimless.obj = None
    odd = [
        Activation(None, kras),
        Phosphorylation(None, kras),
        IncreaseAmount(None, kras),
        Gef(None, kras),
        Gap(None, kras),
        Conversion(egf, [kras], []),
        Complex([egf]),
        Translocation(egf, None, None),
        Transphosphorylation(egf),
        aimless,
    ]
    model = assemble(mc_type, [with_evidence(each) for each in odd] + ras_statements(), config())
    assert check(model, Activation(egf, agent("MAPK1"))).path_found


def test_a_pysb_model_without_any_rule_answers() -> None:
    model = assemble("pysb", [Activation(None, agent("KRAS"))], config())
    result = check(model, Activation(agent("EGF"), agent("KRAS")))
    assert result.result_code == "SUBJECT_MONOMERS_NOT_FOUND"


def test_assembly_leaves_the_statements_as_they_are(ras: AssembledModel) -> None:
    statements = ras_statements()
    for statement, again in zip(statements, ras.statements, strict=True):
        again.uuid = statement.uuid
    dumped = [json.dumps([s.to_json() for s in each]) for each in (statements, ras.statements)]
    assert dumped[0] == dumped[1]


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph"])
def test_graphs_by_data_frame_explain_the_same(mc_type: str) -> None:
    model = assemble(mc_type, ras_statements(), config(indranet_method="df"))
    assert check(model, Activation(agent("EGF"), agent("MAPK1"))).path_found
    assert not check(model, Activation(agent("MAPK1"), agent("EGF"))).path_found


def test_a_type_that_cannot_be_assembled_is_named() -> None:
    with pytest.raises(InputError, match=r"'petri_net'.*pysb, pybel, signed_graph"):
        assemble("petri_net", ras_statements(), config())


def test_pysb_needs_the_activities_that_the_assembly_step_adds() -> None:
    plain = [
        with_evidence(Activation(agent(subject), agent(target)))
        for subject, target in pairwise(("EGF", "EGFR", "SOS1", "KRAS"))
    ]
    test = Activation(agent("EGF"), agent("KRAS"))
    assert not check(assemble("pysb", plain, config()), test).path_found
    completed = add_missing_activities(plain)
    assert check(assemble("pysb", completed, config()), test).path_found
