"""Wald's sequential test: simulate until it is clear whether a property is frequent enough."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from emmaa_cycle.model_config import HypothesisTester


@dataclass(frozen=True)
class SequentialTest:
    """A test of whether a share ``prob`` of all simulations, or more, has a property."""

    settings: HypothesisTester

    def decided(self, satisfied: int, failed: int) -> bool:
        """Return whether these outcomes are enough to decide.

        :param satisfied: the number of simulations with the property
        """
        settings = self.settings
        low, high = settings.prob - settings.delta, settings.prob + settings.delta
        evidence_against = satisfied * log(low / high) + failed * log((1 - low) / (1 - high))
        accept = log(settings.beta / (1 - settings.alpha))
        reject = log((1 - settings.beta) / settings.alpha)
        return not accept < evidence_against < reject
