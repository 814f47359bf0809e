"""Names that a file's language reserves are escaped there, and mean the same."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from indra.statements import (
    Activation,
    ActivityCondition,
    Agent,
    BoundCondition,
    Complex,
    Concept,
    Event,
    Influence,
    Phosphorylation,
    Statement,
)

from emmaa_jobs.exports import EXPORT_FORMATS, ExportSource
from emmaa_jobs.model_types import assemble
from emmaa_jobs.rule_models.kappa import running_kappa
from emmaa_jobs.rule_models.languages import (
    KAPPA,
    PYTHON,
    bngl_source,
    kappa_source,
    pysb_flat_source,
    unreserved,
)
from tests.jobs.known_biology import agent, config, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, ROUND

GRAPHS = ("indranet", "pybel")
NETWORKS = ("sbml", "sbgn")  # each name that binds multiplies the species
ACTIVE = {"activity": ActivityCondition("activity", True)}


def about(name: str, **state: Any) -> Agent:
    """Return the agent of a name, grounded so that tests find it in a PySB model."""
    number = sum(name.encode()) % 10_000
    return Agent(name, db_refs={"UP": f"P{number:05}"}, **state)


def statements_about(name: str) -> list[Statement]:
    """Return a path over an agent, and complexes and states that make sites of its name."""
    return [
        with_evidence(Activation(agent("KRAS"), about(name))),
        with_evidence(Activation(about(name, **ACTIVE), agent("BRAF"))),
        with_evidence(Complex([about(name), agent("GRB2")])),
        with_evidence(Phosphorylation(about(name), agent("MAPK1"), "T", "185")),
        with_evidence(
            Activation(
                agent("EGFR", bound_conditions=[BoundCondition(about(name), is_bound=False)]),
                agent("SOS1"),
            )
        ),
    ]


def test_paths_over_reserved_names_are_found_by_kappa() -> None:
    names = sorted(KAPPA | {"REPEAT", "None", "INF_"})
    statements = [each for name in names for each in statements_about(name)[:2]]
    model = assemble("pysb", [*statements, *statements_about("do")], config())
    tests = [Activation(agent("KRAS"), about(name)) for name in names]
    tests += [Activation(about(name), agent("BRAF")) for name in names]

    checker = model.checker(tests)

    assert model.left_out == []
    assert [checker.check_statement(test).path_found for test in tests] == [True] * len(tests)
    rules = {node[0] for node in checker.get_graph()}
    assert {f"KRAS_activates_{name}_activity" for name in names} <= rules


@pytest.mark.parametrize("export_format", [f for f in EXPORT_FORMATS if f not in GRAPHS])
def test_all_formats_are_made_of_reserved_names(export_format: str) -> None:
    names = ("INF", "do") if export_format in NETWORKS else sorted(KAPPA)
    statements = [each for name in names for each in statements_about(name)[:3]]
    source = ExportSource(assemble("pysb", statements, config()), MODEL, ROUND)

    assert EXPORT_FORMATS[export_format].make(source)


@pytest.mark.parametrize("export_format", [f for f in EXPORT_FORMATS if f not in GRAPHS])
@pytest.mark.parametrize("caused", ["MAPK1", "BRAF"])
def test_all_formats_hold_a_concept_whose_name_is_an_agent_s(
    export_format: str, caused: str
) -> None:
    influence = Influence(Event(Concept("BRAF")), Event(Concept(caused)))
    statements = [with_evidence(influence), *ras_statements()]
    source = ExportSource(assemble("pysb", statements, config()), MODEL, ROUND)

    assert source.assembled.left_out == []
    assert EXPORT_FORMATS[export_format].make(source)


def test_bionetgen_makes_molecules_in_their_base_state() -> None:
    influence = Influence(Event(Concept("BRAF")), Event(Concept("MAPK1")))
    phosphorylation = Phosphorylation(agent("MAP2K1"), agent("MAPK1"), "T", "185")
    model = assemble("pysb", [influence, phosphorylation], config()).model
    before = [str(each) for each in model.components]

    assert "BRAF() + 0 -> BRAF() + MAPK1(T185~u)" in bngl_source(model)
    assert [str(each) for each in model.components] == before


def test_reserved_names_get_an_underscore_that_no_other_name_has() -> None:
    both = [*statements_about("INF"), with_evidence(Activation(agent("KRAS"), Agent("INF_")))]
    source = kappa_source(assemble("pysb", both, config()).model)

    assert "%agent: INF__(" in source
    assert "%agent: INF_(" in source
    assert "inf_[.]" in source
    with running_kappa(source, 60):
        pass


def test_a_model_without_reserved_names_is_not_copied() -> None:
    model = assemble("pysb", ras_statements(), config()).model

    assert unreserved(model, KAPPA, KAPPA, KAPPA) is model
    assert kappa_source(model) == kappa_source(model)


def test_the_model_keeps_its_names() -> None:
    model = assemble("pysb", statements_about("INF"), config()).model
    before = [str(each) for each in model.components]

    kappa_source(model)

    assert [str(each) for each in model.components] == before


@pytest.mark.parametrize("name", ["None", "lambda", "class", "Rule", "Parameter", "model", "time"])
def test_pysb_flat_makes_the_model_again_with_reserved_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pysb.core import SelfExporter

    model = assemble("pysb", statements_about(name), config()).model
    (tmp_path / "reserved_flat.py").write_text(pysb_flat_source(model))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(SelfExporter, "do_export", True)  # INDRA turns it off
    try:
        made = importlib.import_module("reserved_flat").model
    finally:
        SelfExporter.cleanup()
        sys.modules.pop("reserved_flat", None)

    assert {rule.name for rule in made.rules} == {rule.name for rule in model.rules}
    assert f"{name}_" in {monomer.name for monomer in made.monomers}
    sites = {site for monomer in made.monomers for site in monomer.sites}
    assert not sites & PYTHON
    subjects = {note.object for note in made.annotations if note.predicate == "rule_has_subject"}
    assert subjects <= {monomer.name for monomer in made.monomers}
