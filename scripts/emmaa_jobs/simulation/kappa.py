"""Simulation of single molecules by Kappa: random, and free of the network's size."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from emmaa_jobs.rule_models.kappa import KappaLimitError, NoKappaError, running_kappa, why_no_kappa
from emmaa_jobs.rule_models.languages import kappa_source
from emmaa_jobs.simulation.observed import ObservedModel
from emmaa_jobs.simulation.simulator import SimulationError

if TYPE_CHECKING:
    from emmaa_jobs.simulation.simulator import Amounts

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
#: After so many simulations of a model that were given up, no other one is started.
MAX_GIVEN_UP = 3
_ADVICE = (
    "set a shorter time_limit in config.json, which has fewer events, or leave"
    " statements out by more filters in assembly.dynamic; max_seconds allows more time"
)


class KappaSimulator:
    """Molecules that meet at random; the number of a run is its seed.

    Seeds are the same in every round, so that an answer changes with the model alone. A simulation
    that was given up is not tried again.

    :param times: in seconds, at even distances
    :param max_seconds: how long one simulation may take
    :raises NoKappaError: if Kappa is not installed.
    """

    def __init__(self, observed: ObservedModel, times: Amounts, max_seconds: float) -> None:
        missing = why_no_kappa()
        if missing:
            raise NoKappaError(f"use_kappa in config.json: {missing}")
        self.times = times
        self._max_seconds = max_seconds
        self._model = deepcopy(observed.model)
        _add_clock(self._model, ticks_per_second=4 / float(times[1] - times[0]))
        self._known: dict[tuple[int, frozenset[tuple[str, float]]], Mapping[str, Amounts]] = {}
        self._given_up: dict[tuple[int, frozenset[tuple[str, float]]], SimulationError] = {}

    def run(self, number: int, factors: Mapping[str, float]) -> Mapping[str, Amounts]:
        """See :meth:`Simulator.run`."""
        key = number, frozenset(factors.items())
        if key not in self._known:
            if key in self._given_up or len(self._given_up) >= MAX_GIVEN_UP:
                raise self._given_up.get(key) or next(iter(self._given_up.values()))
            try:
                self._known[key] = self._simulate(number, factors)
            except SimulationError as error:
                self._given_up[key] = error
                raise
        return self._known[key]

    def _simulate(self, number: int, factors: Mapping[str, float]) -> Mapping[str, Amounts]:
        from kappy import KappaError

        with _multiplied(self._model.parameters, factors):
            source = kappa_source(self._model)
        started = time.monotonic()
        try:
            plot = _plot(source, self.times, number + 1, self._max_seconds)
        except KappaLimitError as error:
            raise SimulationError(f"{error}: {_ADVICE}") from error
        except KappaError as error:
            raise SimulationError(f"Kappa cannot simulate the model: {error}") from error
        logger.info("Kappa simulation %d: %.1f s", number + 1, time.monotonic() - started)
        return self._sampled(plot)

    def _sampled(self, plot: Mapping[str, Any]) -> Mapping[str, Amounts]:
        """Return the amounts at the requested times: those after the last event before each."""
        import numpy as np

        rows = np.array(sorted(plot["series"]), dtype=float)
        seconds = plot["legend"].index("[T]")
        step = self.times[1] - self.times[0]
        last = np.searchsorted(rows[:, seconds], self.times + step * 1e-6, side="right") - 1
        return {
            name: rows[last, column]
            for column, name in enumerate(plot["legend"])
            if column != seconds
        }


def _add_clock(model: Any, ticks_per_second: float) -> None:
    # Kappa ends where nothing can happen any more, and does not tell the amounts after that.
    from pysb import Initial, Monomer, Parameter, Rule

    clock = Monomer("EmmaaClock", ["hand"], {"hand": ["tick", "tock"]}, _export=False)
    rate = Parameter("emmaa_ticks", ticks_per_second, _export=False)
    one = Parameter("EmmaaClock_0", 1, _export=False)
    swing = clock(hand="tick") | clock(hand="tock")
    for component in (clock, rate, one, Rule("emmaa_clock", swing, rate, rate, _export=False)):
        model.add_component(component)
    model.add_initial(Initial(clock(hand="tick"), one, _export=False))


@contextmanager
def _multiplied(parameters: Any, factors: Mapping[str, float]) -> Iterator[None]:
    before = {name: parameters[name].value for name in factors}
    try:
        for name, factor in factors.items():
            parameters[name].value = before[name] * factor
        yield
    finally:
        for name, value in before.items():
            parameters[name].value = value


def _plot(source: str, times: Amounts, seed: int, max_seconds: float) -> Mapping[str, Any]:
    from kappy import SimulationParameter

    step = float(times[1] - times[0])
    end = float(times[-1]) + step / 2
    with running_kappa(source, max_seconds) as kappa:
        kappa.simulation_start(SimulationParameter(step, f"[T] > {end!r}", seed=seed))
        while kappa.get_is_sim_running():
            time.sleep(_POLL_SECONDS)
        plot: Mapping[str, Any] = kappa.simulation_plot()
        return plot
