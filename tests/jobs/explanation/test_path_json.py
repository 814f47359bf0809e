"""Paths in words and as JSON, against golden files (docs/reference/objects.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from indra.statements import (
    Activation,
    Agent,
    BoundCondition,
    Complex,
    Inhibition,
    Phosphorylation,
    Statement,
)

from emmaa_jobs.explanation import Explainer, Explanation, path_json, statement_sentence
from emmaa_jobs.model_types import AssembledModel, assemble
from tests.jobs.golden_files import GoldenFiles
from tests.jobs.known_biology import agent, config, ras_statements, with_evidence


def braf_model(mc_type: str) -> AssembledModel:
    braf, mek, erk = (
        Agent(name, db_refs={"HGNC": hgnc})
        for name, hgnc in (("BRAF", "1097"), ("MAP2K1", "6840"), ("MAPK1", "6871"))
    )
    statements = [with_evidence(Activation(braf, mek)), with_evidence(Activation(mek, erk))]
    return assemble(mc_type, statements, config())


def explained(
    model: AssembledModel, test: Statement, *, max_paths: int = 1, length: int = 10
) -> list[Explanation]:
    result = model.checker([test]).check_statement(test, max_paths, length)
    assert result.paths
    return Explainer(model, "test", "2020-01-01").explain(result.paths).found


def compare(golden: GoldenFiles, name: str, document: Any) -> None:
    golden.check(f"{name}.json", json.dumps(document, indent=1, ensure_ascii=False))


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph", "pybel"])
def test_the_documented_example(mc_type: str, golden: GoldenFiles) -> None:
    model = braf_model(mc_type)
    test = Activation(agent("BRAF"), agent("MAPK1"))
    result = model.checker([test]).check_statement(test)
    compare(golden, "braf_mapk1", path_json(model, result.paths, "test", "2020-01-01-00-00-00"))


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph", "pybel", "pysb"])
def test_the_ras_model(mc_type: str, golden: GoldenFiles) -> None:
    model = assemble(mc_type, ras_statements(), config())
    told_of = {
        "a family": Phosphorylation(agent("KRAS"), agent("MEK"), "S", "218")
        if mc_type in {"pysb", "pybel"}
        else Activation(agent("EGF"), agent("ERK")),
        "vemurafenib": Inhibition(agent("vemurafenib"), agent("MAPK1")),
    }
    document = {
        name: [
            {"json": each.to_json(), "line": each.to_line(mc_type, test.get_hash())}
            for each in explained(model, test)
        ]
        for name, test in told_of.items()
    }
    compare(golden, f"ras_{mc_type}", document)


def test_parallel_statements_are_merged_by_relation_most_evidence_first() -> None:
    braf, mek = agent("BRAF"), agent("MAP2K1")
    statements: list[Statement] = [
        with_evidence(Activation(braf, mek)),
        with_evidence(Phosphorylation(braf, mek, "S", "218")),
        with_evidence(Phosphorylation(braf, mek, "S", "222")),
        with_evidence(Complex([mek, braf])),
    ]
    model = assemble("unsigned_graph", statements, config())
    (found,) = explained(model, Activation(braf, mek))
    ((link, sentence, _), *others) = found.edges[0].stmts
    assert sentence == "BRAF phosphorylates MAP2K1."
    assert link.count("stmt_hash=") == 2
    assert {text for _, text, _ in others} == {"BRAF activates MAP2K1.", "BRAF binds MAP2K1."}
    assert found.text == "BRAF → MAP2K1"
    assert sorted(found.hashes) == sorted(each.get_hash() for each in statements)


def test_complexes_turn_so_that_edges_share_their_nodes() -> None:
    def chain(*statements: Statement) -> str:
        model = assemble("unsigned_graph", [with_evidence(each) for each in statements], config())
        (found,) = explained(model, Activation(agent("EGFR"), agent("KRAS")))
        return found.text

    egfr, grb2, sos, kras = map(agent, ("EGFR", "GRB2", "SOS1", "KRAS"))
    cascade = [Complex([grb2, egfr]), Complex([sos, grb2]), Activation(sos, kras)]
    assert chain(*cascade) == "EGFR ↔ GRB2 ↔ SOS1 → KRAS"


def steps_text(*statements: Statement) -> Explanation:
    """Explain a path whose steps rest on these statements, as PySB's rules do."""
    model = assemble("pysb", [], config())
    from emmaa_jobs.model_types import Step

    def as_given(path: Any) -> Any:
        return path

    model.steps = as_given  # type: ignore[method-assign]
    steps: Any = [Step("statements", statements=[each]) for each in statements]
    return Explainer(model, "test", "2020-01-01").explain([steps]).found[0]


def test_rules_of_complexes_turn_too() -> None:
    egfr, grb2, sos, kras = map(agent, ("EGFR", "GRB2", "SOS1", "KRAS"))
    found = steps_text(Complex([grb2, egfr]), Complex([sos, grb2]), Activation(sos, kras))
    assert found.text == "EGFR ↔ GRB2 ↔ SOS1 → KRAS"
    assert found.nodes == ["EGFR", "GRB2", "SOS1", "KRAS"]
    assert [edge.text for edge in found.edges] == ["EGFR ↔ GRB2", "GRB2 ↔ SOS1", "SOS1 → KRAS"]


def test_rules_that_share_no_agent_are_told_apart() -> None:
    egf, egfr, sos, kras = map(agent, ("EGF", "EGFR", "SOS1", "KRAS"))
    found = steps_text(Activation(egf, egfr), Inhibition(sos, kras))
    assert found.text == "EGF → EGFR, SOS1 ⊣ KRAS"
    assert found.nodes == ["EGF", "EGFR", "SOS1", "KRAS"]


def test_a_statement_without_subject_is_one_node() -> None:
    kras, braf = agent("KRAS"), agent("BRAF")
    found = steps_text(Activation(kras, braf), Phosphorylation(None, braf))
    assert found.text == "KRAS → BRAF"
    assert [edge.text for edge in found.edges] == ["KRAS → BRAF", "BRAF"]


def bel_complex_model() -> AssembledModel:
    bound = agent("EGFR", bound_conditions=[BoundCondition(agent("GRB2"))])
    statements: list[Statement] = [
        Activation(agent("EGF"), bound),
        Activation(bound, agent("SOS1")),
        Activation(agent("GRB2"), agent("KRAS")),
        Activation(agent("TP53"), agent("GRB2")),
    ]
    return assemble("pybel", [with_evidence(each) for each in statements], config())


def test_a_bel_step_into_a_complex_has_its_own_english_and_no_link() -> None:
    (found,) = explained(bel_complex_model(), Activation(agent("TP53"), agent("SOS1")))
    assert [edge.kind for edge in found.edges] == ["statements", "PybelEdge", "statements"]
    assert found.edges[1].stmts == [["", "GRB2 is a part of EGFR bound to GRB2.", ""]]
    assert found.text == "TP53 → GRB2 → EGFR → SOS1"
    assert found.to_line("pybel", 1)["edges"][1] == {"type": "PybelEdge"}


def test_a_bel_step_out_of_a_complex_is_left_out() -> None:
    (found,) = explained(bel_complex_model(), Activation(agent("EGF"), agent("KRAS")))
    assert found.text == "EGF → EGFR, GRB2 → KRAS"
    assert [edge.kind for edge in found.edges] == ["statements", "statements"]


def test_sentences() -> None:
    test = Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218")
    assert statement_sentence(test) == "BRAF phosphorylates MAP2K1 on S218."
