"""Simulation of PySB models, and measures of the simulated amounts (docs/queries.md).

Everything heavy (PySB, BioNetGen, Kappa, matplotlib) is imported when a simulation is made.
"""

from __future__ import annotations

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.simulation.kappa import KappaSimulator
from emmaa_jobs.simulation.network import NetworkError
from emmaa_jobs.simulation.observed import NotInModelError, ObservedModel
from emmaa_jobs.simulation.ode import OdeSimulator
from emmaa_jobs.simulation.simulator import SimulationError, Simulator

__all__ = [
    "TIME_LIMIT",
    "NetworkError",
    "NotInModelError",
    "ObservedModel",
    "SimulationError",
    "Simulator",
    "make_simulator",
]

#: The simulated time in seconds where a config tells none; the original's.
TIME_LIMIT = 20_000.0


def make_simulator(observed: ObservedModel, settings: Simulation) -> Simulator:
    """Make the simulator that a config asks for, ready to run.

    :raises ResourcesError: if BioNetGen or Perl is absent.
    :raises NoKappaError: if the config asks for Kappa, and it is not installed.
    :raises NetworkError: if the model's reaction network cannot be made.
    """
    import numpy as np

    times = np.linspace(0.0, settings.time_limit or TIME_LIMIT, settings.num_times)
    if settings.use_kappa:
        return KappaSimulator(observed, times, settings.max_seconds)
    return OdeSimulator(observed, times)
