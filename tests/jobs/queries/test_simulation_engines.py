"""The two ways to simulate, against what is known of the models, and what stops them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
from indra.statements import ModCondition

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.kappa import PROGRAMS
from emmaa_jobs.resources import ResourcesError
from emmaa_jobs.simulation import NotInModelError, SimulationError, make_simulator, network
from emmaa_jobs.simulation.network import bionetgen_command
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.queries.simulated_biology import (
    active,
    answers,
    chain_without_end,
    dynamic,
    items,
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


def test_rules_without_a_finite_network_are_given_up(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "NETWORK_SECONDS", 1.0)
    query = dynamic(agent("EGFR"), "sustained")
    found = answers(bucket, [query], chain_without_end())
    assert found.found == []
    fault = str(found.faults[0])
    assert "no end of the reaction network in 1 s" in fault
    assert "assembly.dynamic" in fault
    assert "use_kappa" in fault
    short = {"use_kappa": True, "time_limit": 1}
    kappa = items(answers(bucket, [query], chain_without_end(), dynamic=short))
    assert kappa[0]["sat_rate"] == 0.0


def test_a_network_that_is_too_large_to_solve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_SPECIES", 20)
    with pytest.raises(SimulationError, match=r"has \d+ species, at most 20"):
        make_simulator(observed(ras_statements(), [EGFR]), Simulation())


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
    assert found.found == []
    fault = str(found.faults[0])
    assert "Active MAP2K1 is sustained" in fault
    assert "Kappa did not end in 0.5 s" in fault
    assert "time_limit" in fault
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


def test_without_kappa_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kappy.kappa_std.BIN_DIR", str(tmp_path))
    with pytest.raises(ResourcesError, match=rf"use_kappa.*KaSimAgent.*{tmp_path}"):
        make_simulator(observed(switch(), [MAP2K1]), KAPPA)


def test_a_simulator_that_is_absent_stops_no_other_query(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    queries = [dynamic(MAP2K1, "sustained"), dynamic(active("TP53"), "sustained")]
    found = answers(bucket, queries, switch())
    assert [answer.query for answer in found.found] == [queries[1]]
    assert "Active MAP2K1 is sustained" in str(found.faults[0])
    assert "BNGPATH" in str(found.faults[0])
