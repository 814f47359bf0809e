"""Simulation by ordinary differential equations: BioNetGen's network, scipy's solver."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from emmaa_jobs.simulation.network import add_network
from emmaa_jobs.simulation.observed import ObservedModel
from emmaa_jobs.simulation.simulator import SimulationError

if TYPE_CHECKING:
    from emmaa_jobs.simulation.simulator import Amounts

#: Amounts are some 10,000 molecules, and a change by 0.01 counts: with the solver's usual 1e-6
#: an entity would seem to act on all others.
TOLERANCES = {"rtol": 1e-10, "atol": 1e-8}


class OdeSimulator:
    """Amounts as continuous quantities: every run with equal factors is the same.

    :param times: in seconds
    :raises ResourcesError: if BioNetGen or Perl is absent.
    :raises SimulationError: if the network cannot be made.
    """

    def __init__(self, observed: ObservedModel, times: Amounts) -> None:
        from pysb.simulator import ScipyOdeSimulator

        self.times = times
        self._model = deepcopy(observed.model)
        _add_inert_rule(self._model)
        add_network(self._model)
        # The right-hand side as Python: to compile it takes a compiler, and longer than to solve.
        self._simulator = ScipyOdeSimulator(
            self._model, times, compiler="python", integrator_options=TOLERANCES
        )
        self._known: dict[frozenset[tuple[str, float]], Mapping[str, Amounts]] = {}

    def run(self, number: int, factors: Mapping[str, float]) -> Mapping[str, Amounts]:
        """See :meth:`Simulator.run`; the number makes no difference."""
        key = frozenset(factors.items())
        if key not in self._known:
            self._known[key] = self._solve(factors)
        return self._known[key]

    def _solve(self, factors: Mapping[str, float]) -> Mapping[str, Amounts]:
        import numpy as np

        parameters = self._model.parameters
        values = {name: parameters[name].value * factor for name, factor in factors.items()}
        observables = self._simulator.run(param_values=values or None).observables
        amounts = {name: np.asarray(observables[name]) for name in observables.dtype.names or ()}
        if not all(np.isfinite(each).all() for each in amounts.values()):
            raise SimulationError(
                f"the differential equations have no solution up to {self.times[-1]:g} s: set a"
                " shorter time_limit, or use_kappa"
            )
        return amounts


def _add_inert_rule(model: Any) -> None:
    # PySB cannot solve a network without reactions, in which amounts just stay.
    from pysb import Parameter, Rule

    never = Parameter("emmaa_never", 0.0, _export=False)
    first = model.initials[0].pattern
    model.add_component(never)
    model.add_component(Rule("emmaa_inert", first >> None, never, _export=False))
