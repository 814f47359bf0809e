"""The two ways to simulate, against what is known of the models, and what stops them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from indra.statements import (
    Activation,
    Complex,
    DecreaseAmount,
    IncreaseAmount,
    ModCondition,
    Phosphorylation,
    Statement,
)

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.queries.answering import Answers
from emmaa_jobs.rule_models import kappa
from emmaa_jobs.rule_models.kappa import PROGRAMS, NoKappaError
from emmaa_jobs.simulation import NotInModelError, SimulationError, make_simulator, network
from emmaa_jobs.simulation.kappa import KappaSimulator
from emmaa_jobs.simulation.network import bionetgen_command
from emmaa_jobs.simulation.network_size import endless_chain, states_reached
from emmaa_jobs.simulation.ode import _add_inert_rule
from tests.jobs.known_biology import agent, ras_statements, told
from tests.jobs.queries.simulated_biology import (
    NOT_APPLICABLE,
    active,
    active_chain_without_end,
    answers,
    chain_without_end,
    dynamic,
    intervention,
    observed,
    switch,
    transient_egfr,
)

MAP2K1, EGFR = active("MAP2K1"), active("EGFR")
NAME = "MAP2K1_act_obs"
KAPPA = Simulation(use_kappa=True, time_limit=100, num_times=11)


def test_times_are_those_of_the_config() -> None:
    model = observed(switch(), [MAP2K1])
    default = make_simulator(model, Simulation(use_kappa=True)).times
    assert (default[0], default[-1], len(default)) == (0, 20_000, 100)
    assert list(make_simulator(model, KAPPA).times) == list(range(0, 101, 10))


def test_differential_equations_give_the_solution_that_pen_and_paper_give() -> None:
    # Activated and inhibited at 0.01/s each: 5000 (1 - exp(-0.02 t)).
    simulator = make_simulator(observed(switch(), [MAP2K1]), Simulation(time_limit=300))
    amounts = simulator.run(0, {})[NAME]
    exact = 5_000 * (1 - np.exp(-0.02 * simulator.times))
    assert np.abs(amounts - exact).max() < 1e-3
    # Without the inhibitor: 10000 (1 - exp(-0.01 t)).
    amounts = simulator.run(0, {"DUSP6_0": 0.0})[NAME]
    exact = 10_000 * (1 - np.exp(-0.01 * simulator.times))
    assert np.abs(amounts - exact).max() < 1e-3


def test_single_molecules_agree_with_the_equations_and_differ_from_run_to_run() -> None:
    model = observed(switch(), [MAP2K1])
    kappa = make_simulator(model, KAPPA)
    one, other = kappa.run(0, {})[NAME], kappa.run(1, {})[NAME]
    exact = 5_000 * (1 - np.exp(-0.02 * kappa.times))
    assert one[0] == other[0] == 0
    assert np.abs(one - exact).max() < 300  # six standard deviations of a share of 10,000
    assert (one != other).any()
    assert (make_simulator(model, KAPPA).run(1, {})[NAME] == other).all()


def test_other_queries_do_not_change_what_single_molecules_do() -> None:
    alone = make_simulator(observed(switch(), [MAP2K1]), KAPPA).run(0, {})
    more = [MAP2K1, agent("BRAF"), agent("MAP2K1")]
    together = make_simulator(observed(switch(), more), KAPPA).run(0, {})
    assert (alone[NAME] == together[NAME]).all()
    assert set(together) == {NAME, "BRAF_obs", "MAP2K1_obs"}


def test_factors_of_one_run_do_not_reach_the_next() -> None:
    for settings in (KAPPA, Simulation(time_limit=100)):
        simulator = make_simulator(observed(switch(), [MAP2K1]), settings)
        none = simulator.run(0, {"BRAF_0": 0.0})[NAME]
        assert (none == 0).all()
        assert simulator.run(0, {})[NAME][-1] > 4_000


def test_amounts_after_the_last_event_stay() -> None:
    # EGF activates all of EGFR in minutes; then nothing can happen.
    settings = Simulation(use_kappa=True, time_limit=1e5, num_times=5)
    amounts = make_simulator(observed(transient_egfr()[:1], [EGFR]), settings).run(0, {})
    assert list(amounts["EGFR_act_obs"]) == [0, *[10_000] * 4]


def test_the_assembled_model_stays_as_it_is() -> None:
    from emmaa_jobs.model_types import assemble
    from emmaa_jobs.simulation import ObservedModel
    from tests.jobs.known_biology import config

    model = assemble("pysb", switch(), config()).model
    make_simulator(ObservedModel(model, [MAP2K1]), Simulation(time_limit=10)).run(0, {})
    assert (len(model.observables), len(model.rules), len(model.species)) == (0, 2, 0)


def test_agents_that_the_model_lacks_are_named() -> None:
    model = observed(switch(), [MAP2K1, active("TP53")])
    with pytest.raises(NotInModelError, match="TP53"):
        model.observable(active("TP53"))
    with pytest.raises(NotInModelError, match="TP53"):
        model.amount(agent("TP53"))


def test_a_modification_that_indra_has_no_site_for_is_not_in_the_model() -> None:
    odd = agent("MAP2K1", mods=[ModCondition("modification")])
    odd.mods[0].mod_type = "crotonylation"
    with pytest.raises(NotInModelError):
        observed(switch(), [odd]).observable(odd)


def refused(found: Answers) -> str:
    """The one reason for which all queries are not applicable."""
    assert found.faults == []
    assert [answer.response for answer in found.found] == [NOT_APPLICABLE] * len(found.found)
    (reason,) = {item.reason for item in found.left_out}
    return reason


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
    statements = [*map(told, sites), told(Activation(agent("BRAF"), agent("MAP2K1")))]
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


def test_what_is_given_up_by_kappa_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def run(_: Any, number: int, factors: Any) -> Any:
        runs.append((number, *factors))
        raise SimulationError("Kappa did not end")

    monkeypatch.setattr(KappaSimulator, "_simulate", run)
    simulator = make_simulator(observed(switch(), [MAP2K1]), KAPPA)
    for factors in ({}, {}, {"BRAF_0": 0.0}, {"BRAF_0": 0.0}, {"DUSP6_0": 0.0}, {"MAP2K1_0": 0.0}):
        with pytest.raises(SimulationError, match="did not end"):
            simulator.run(0, factors)
    assert runs == [(0,), (0, "BRAF_0"), (0, "DUSP6_0")]


def test_a_network_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_SPECIES", 25)
    with pytest.raises(SimulationError, match=r"has \d+ species, at most 25.*bonds multiply"):
        make_simulator(observed(ras_statements(), [EGFR]), Simulation())


CASES: dict[str, list[Statement]] = {
    "switch": switch(),
    "sites": [
        told(Phosphorylation(agent("BRAF"), agent("MAPK1"), "S", str(n))) for n in range(100, 105)
    ],
    "made and removed": [
        told(IncreaseAmount(agent("ELK1"), agent("EGR1"))),
        told(Phosphorylation(agent("BRAF"), agent("EGR1"), "S", "5")),
        told(DecreaseAmount(agent("CBL"), agent("EGR1"))),
    ],
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
        [told(Complex([agent(name), agent("GRB2")])) for name in ("EGFR", "SOS1")],
        [told(Complex([agent("EGFR"), agent("EGFR")]))],
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


def test_a_simulation_by_kappa_that_takes_too_long_is_given_up_with_all_its_processes(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endless = {"use_kappa": True, "time_limit": 1e12, "max_seconds": 0.5}
    monkeypatch.setenv("EMMAA_TEST_MARK", str(tmp_path))
    found = answers(bucket, [dynamic(MAP2K1, "sustained")], switch(), dynamic=endless)
    reason = refused(found)
    assert [item.item for item in found.left_out] == ["Active MAP2K1 is sustained."]
    assert "Kappa did not end in 0.5 s" in reason
    assert "time_limit" in reason
    psutil.wait_procs(marked_processes(str(tmp_path)), timeout=60)
    assert marked_processes(str(tmp_path)) == []


def marked_processes(mark: str) -> list[psutil.Process]:
    """Kappa's processes that were started with this mark in their environment."""
    return [each for each in psutil.process_iter() if is_marked(each, mark)]


def is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        named = process.name() in PROGRAMS
        return named and process.environ().get("EMMAA_TEST_MARK") == mark
    except psutil.Error:  # it is gone, a zombie or somebody else's
        return False


def test_a_kappy_without_programs_says_where_they_should_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kappy.kappa_std.BIN_DIR", str(tmp_path))
    with pytest.raises(NoKappaError, match=rf"use_kappa.*Kappa is off.*KaSimAgent.*{tmp_path}"):
        make_simulator(observed(switch(), [MAP2K1]), KAPPA)


def test_without_kappa_the_queries_that_need_it_are_left_out(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kappa, "has_kappy", lambda: False)
    simulated = intervention(agent("BRAF"), MAP2K1, "up")
    queries = [dynamic(MAP2K1, "sustained"), simulated]
    found = answers(bucket, queries, switch(), dynamic={"use_kappa": True})

    assert found.faults == []
    [listed] = found.left_out
    assert (listed.kind, listed.item) == ("query", queries[0].text())
    assert listed.reason.startswith("use_kappa in config.json: Kappa is off here")
    assert next(a for a in found.found if a.query is simulated).reason == ""


def test_a_simulator_that_is_absent_stops_no_other_query(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    queries = [dynamic(MAP2K1, "sustained"), dynamic(active("TP53"), "sustained")]
    found = answers(bucket, queries, switch())
    assert [answer.query for answer in found.found] == [queries[1]]
    assert "Active MAP2K1 is sustained" in str(found.faults[0])
    assert "BNGPATH" in str(found.faults[0])
