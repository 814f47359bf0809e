"""Temporal patterns of an amount (docs/reference/query-answers.md#temporal-patterns)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from emmaa_cycle.model_config import HypothesisTester
from emmaa_jobs.simulation.temporal_logic import Always, Both, Eventually, Formula, Is

if TYPE_CHECKING:
    from emmaa_jobs.simulation.simulator import Amounts

#: Below it an amount counts as none.
NOTHING = 1e-5
#: The total amount that the thresholds were made for; the original's.
TOTAL = 100.0


def high_threshold(amounts: Amounts) -> float:
    """Return the amount above which a moment of a simulation is high.

    What starts from nothing is high above 30 % of the total; else it must rise over its start,
    by half of its range and at least by 10 % of the total.
    """
    start = float(amounts[0])
    if start < NOTHING:
        return 0.3 * TOTAL
    return start + max(0.5 * float(amounts.max() - amounts.min()), 0.1 * TOTAL)


@dataclass(frozen=True)
class Pattern:
    """A pattern that a query asks for, or that is found instead.

    :param kind: a ``pattern_type``
    :param value: ``low`` or ``high``; None where the kind needs none
    """

    kind: str
    value: str | None = None

    @property
    def formula(self) -> Formula:
        """The pattern as a formula of temporal logic."""
        level, low, high = Is(self.value == "high"), Is(False), Is(True)
        formulas: dict[str, Formula] = {
            "always_value": Always(level),
            # Every series starts low by its threshold: without a value, it is to stay so.
            "no_change": Always(level),
            "eventual_value": Eventually(Always(level)),
            "sometime_value": Eventually(level),
            "sustained": Eventually(Always(high)),
            "transient": Both(Eventually(high), Eventually(Always(low))),
        }
        return formulas[self.kind]

    @property
    def kqml(self) -> str:
        """The pattern as the original writes it into ``kpat``."""
        quantity = f' :value (:type "qualitative" :value "{self.value}")' if self.value else ""
        return f'(:type "{self.kind}"{quantity})'


#: What is tried, in this order, where the pattern of a query is not found.
COMMON = (
    Pattern("no_change", "low"),
    Pattern("no_change", "high"),
    Pattern("eventual_value", "low"),
    Pattern("eventual_value", "high"),
    Pattern("transient"),
    Pattern("sustained"),
    Pattern("sometime_value", "low"),
    Pattern("sometime_value", "high"),
    Pattern("no_change"),
)


def satisfaction(pattern: Pattern, series: Sequence[Sequence[bool]]) -> float:
    """Return the share of simulations that show a pattern."""
    return sum(pattern.formula.holds(each) for each in series) / len(series)


def found_instead(series: Sequence[Sequence[bool]]) -> Pattern | None:
    """Return the first common pattern that most simulations show."""
    found = (each for each in COMMON if satisfaction(each, series) > 0.5)
    return next(found, None)


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
