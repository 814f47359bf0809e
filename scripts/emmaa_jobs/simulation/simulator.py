"""The base of all simulators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from emmaa_cycle.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: Amounts in molecules, one for each of the simulator's times.
    Amounts = NDArray[np.float64]


class SimulationError(InputError):
    """A model cannot be simulated as its config asks."""


class Simulator(Protocol):
    """Runs simulations of one model.

    :ivar times: in seconds, the first is 0
    """

    times: Amounts

    def run(self, number: int, factors: Mapping[str, float]) -> Mapping[str, Amounts]:
        """One simulation; equal arguments give equal amounts, in any process.

        :param number: tells random simulations apart
        :param factors: what initial amounts are multiplied by, by the name of their parameter
        :returns: the amounts of each observable, by name
        :raises SimulationError: if the simulation fails.
        """
