"""Simulations, as a model's ``config.json`` asks for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool, model_validator


class HypothesisTester(BaseModel, extra="forbid", frozen=True):
    """A sequential test that a property holds in a share ``prob`` of all simulations.

    :param alpha: the risk of a wrong no
    :param beta: the risk of a wrong yes
    :param delta: shares closer to ``prob`` than this may be taken for either
    """

    prob: float
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    beta: Annotated[float, Field(gt=0, lt=0.5)]
    delta: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _inside(self) -> HypothesisTester:
        if not 0 < self.prob - self.delta < self.prob + self.delta < 1:
            raise ValueError("prob - delta and prob + delta must lie between 0 and 1")
        return self


class Simulation(BaseModel, extra="allow", frozen=True):
    """The simulation that answers some queries.

    :param use_kappa: simulate single molecules by Kappa, not amounts by differential equations
    :param time_limit: the simulated time in seconds
    :param num_times: the number of time points with amounts; 100,000 at most, because each is
        stored for every kind of molecule
    :param num_sim: the number of simulations; overrides ``hypothesis_tester``
    :param max_seconds: the time limit of one simulation by Kappa; an addition of this project
    """

    use_kappa: StrictBool = False
    time_limit: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    num_times: Annotated[int, Field(ge=2, le=100_000)] = 100
    num_sim: Annotated[int, Field(ge=1)] | None = None
    max_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 600
    hypothesis_tester: HypothesisTester | None = None
