"""Reaction networks: which are too large or endless, and what BioNetGen needs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from indra.statements import (
    Activation,
    Complex,
    Concept,
    DecreaseAmount,
    Event,
    IncreaseAmount,
    Influence,
    Phosphorylation,
    Statement,
)

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.simulation import SimulationError, make_simulator, network
from emmaa_jobs.simulation.network import bionetgen_command
from emmaa_jobs.simulation.network_size import endless_chain, states_reached
from emmaa_jobs.simulation.ode import _add_inert_rule
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.queries.simulated_biology import (
    EGFR,
    MAP2K1,
    active_chain_without_end,
    answers,
    chain_without_end,
    dynamic,
    intervention,
    observed,
    refused,
    switch,
)


def test_a_chain_without_end_is_found_without_bionetgen(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_run", None)
    reason = refused(answers(bucket, [dynamic(agent("EGFR"), "sustained")], chain_without_end()))
    assert "endless, because EGFR, GRB2, SOS1 bind to chains of any length" in reason
    assert "assembly.dynamic" in reason
    assert "use_kappa" in reason


def test_many_sites_are_found_without_bionetgen_and_named(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_run", None)
    sites = [Phosphorylation(agent("BRAF"), agent("MAPK1"), "S", str(n)) for n in range(100, 114)]
    statements = [
        *map(with_evidence, sites),
        with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))),
    ]
    reason = refused(answers(bucket, [dynamic(MAP2K1, "sustained")], statements))
    assert "more than 5000 species" in reason
    assert "MAPK1 (14 sites, 16,384 states), MAP2K1 (1 sites, 2 states)" in reason
    assert "bind" not in reason
    assert "bond" not in reason


def test_a_network_without_end_is_tried_once_a_round(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    def run(*_: Any, **__: Any) -> Any:
        runs.append(1)
        raise subprocess.TimeoutExpired("BNG2.pl", 300)

    monkeypatch.setattr("emmaa_jobs.simulation.network.subprocess.run", run)
    changes = [intervention(agent(name), EGFR, "up") for name in ("GRB2", "SOS1", "EGF")]
    patterns = [dynamic(agent("EGFR"), pattern) for pattern in ("sustained", "transient")]
    reason = refused(answers(bucket, [*changes, *patterns], active_chain_without_end()))
    assert len(runs) == 1
    assert "did not complete the reaction network in 300 s; EGFR (3 sites, 8 states)" in reason
    assert "bonds multiply species" in reason


def test_a_network_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_SPECIES", 25)
    with pytest.raises(SimulationError, match=r"has \d+ species, at most 25.*bonds multiply"):
        make_simulator(observed(ras_statements(), [EGFR]), Simulation())


CASES: dict[str, list[Statement]] = {
    "switch": switch(),
    "sites": [
        with_evidence(Phosphorylation(agent("BRAF"), agent("MAPK1"), "S", str(n)))
        for n in range(100, 105)
    ],
    "made and removed": [
        with_evidence(IncreaseAmount(agent("ELK1"), agent("EGR1"))),
        with_evidence(Phosphorylation(agent("BRAF"), agent("EGR1"), "S", "5")),
        with_evidence(DecreaseAmount(agent("CBL"), agent("EGR1"))),
    ],
    "influenced": [
        with_evidence(Influence(Event(Concept("MAPK1")), Event(Concept(name))))
        for name in ("BRAF", "ELK1", "MAPK1")
    ] + [with_evidence(Phosphorylation(agent("ELK1"), agent("BRAF"), "S", "5"))],
    "conditions": [
        each for each in ras_statements() if not isinstance(each, Complex)
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_states_without_bonds_are_counted_as_bionetgen_finds_them(case: str) -> None:
    model = observed(CASES[case], []).model
    expected = states_reached(model, 10_000)
    _add_inert_rule(model)
    network.add_network(model)
    assert len(model.species) == expected


@pytest.mark.parametrize(
    "statements",
    [
        [with_evidence(Complex([agent(name), agent("GRB2")])) for name in ("EGFR", "SOS1")],
        [with_evidence(Complex([agent("EGFR"), agent("EGFR")]))],
        ras_statements(),
    ],
)
def test_bonds_that_come_to_an_end_are_no_endless_chain(statements: list[Statement]) -> None:
    assert endless_chain(observed(statements, []).model) == []


def test_without_perl_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ResourcesError, match="needs perl, which is not on the PATH: install it"):
        make_simulator(observed(switch(), [MAP2K1]), Simulation())


def test_a_wrong_bngpath_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    with pytest.raises(ResourcesError, match=rf"BNGPATH is {tmp_path}.*unset it"):
        bionetgen_command()


def test_what_bionetgen_says_of_a_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "BNG2.pl").write_text('print "ABORT: out of luck\\n"; exit 1;')
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    with pytest.raises(SimulationError, match="BioNetGen failed: ABORT: out of luck"):
        make_simulator(observed(switch(), [MAP2K1]), Simulation())
    (tmp_path / "BNG2.pl").write_text('print "did nothing\\n";')
    with pytest.raises(SimulationError, match="made no reaction network: did nothing"):
        make_simulator(observed(switch(), [MAP2K1]), Simulation())


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("late_first", [False, True])
def test_a_rule_that_waits_for_a_molecule_changes_and_makes_others_once_it_comes(
    turned: bool, late_first: bool
) -> None:
    """The kinase is active only after its own rule, and the phosphatase is only made by theirs."""
    from pysb import Initial, Model, Monomer, Parameter, Rule

    parts = {"_export": False}
    kinase = Monomer("Kinase", ["activity"], {"activity": ["off", "on"]}, **parts)
    target = Monomer("Target", ["site"], {"site": ["u", "p"]}, **parts)
    made = Monomer("Made", [], {}, **parts)
    rate = Parameter("rate", 1.0, **parts)
    sides = [kinase(activity="on"), target(site="u")]
    products = [kinase(activity="on"), target(site="p")]
    left, right = (side[0] + side[1] for side in (sides, products))
    if turned:
        left, right = (side[1] + side[0] for side in (sides, products))
    rules = [
        Rule("switch", kinase(activity="off") >> kinase(activity="on"), rate, **parts),
        Rule("act", left >> right + made(), rate, **parts),
    ]
    model = Model("waiting", _export=False)
    for part in (kinase, target, made, rate, *(rules[::-1] if late_first else rules)):
        model.add_component(part)
    starts = [kinase(activity="off"), target(site="u")]
    for pattern in starts[::-1] if late_first else starts:
        model.add_initial(Initial(pattern, rate, _export=False))
    assert states_reached(model, 100) == len(
        ["kinase off", "kinase on", "target u", "target p", "made"]
    )
