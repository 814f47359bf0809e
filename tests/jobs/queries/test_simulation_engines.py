"""Simulators: differential equations and single molecules agree with each other and with theory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from indra.statements import (
    ModCondition,
)

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.rule_models import kappa
from emmaa_jobs.rule_models.kappa import PROGRAMS, NoKappaError
from emmaa_jobs.simulation import NotInModelError, SimulationError, make_simulator
from emmaa_jobs.simulation.kappa import KappaSimulator
from tests.jobs.known_biology import agent
from tests.jobs.queries.simulated_biology import (
    EGFR,
    MAP2K1,
    active,
    answers,
    dynamic,
    intervention,
    observed,
    refused,
    switch,
    transient_egfr,
)

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
