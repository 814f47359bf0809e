"""Answers to dynamic queries: how many simulations show the temporal pattern."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import QUERY_NOT_APPLICABLE
from emmaa_jobs.queries.query import agent_text
from emmaa_jobs.queries.responses import Response, text_hash, text_response
from emmaa_jobs.queries.simulation_queries import DynamicProperty
from emmaa_jobs.simulation import NotInModelError, ObservedModel, Simulator
from emmaa_jobs.simulation.patterns import (
    Pattern,
    SequentialTest,
    found_instead,
    high_threshold,
    satisfaction,
)
from emmaa_jobs.simulation.plots import pattern_figure, to_png

if TYPE_CHECKING:
    from emmaa_jobs.model_types import AssembledModel
    from emmaa_jobs.queries.round_model import RoundModel
    from emmaa_jobs.simulation.simulator import Amounts

logger = logging.getLogger(__name__)

#: Simulations of a query whose config gives neither a number nor a test; the original's.
NUM_SIM = 2
#: A sequential test that is not decided by then is given up.
MAX_SIMULATIONS = 1_000
#: Below this share of simulations, the answer also names a pattern that they do show.
_RARE = 0.3


@dataclass(frozen=True)
class Run:
    """One simulation of an observable.

    :param threshold: above it a moment is high
    """

    amounts: Amounts
    threshold: float
    highs: Sequence[bool]

    @classmethod
    def of(cls, amounts: Amounts) -> Run:
        """Tell the high moments from the low ones."""
        threshold = high_threshold(amounts)
        return cls(amounts, threshold, [bool(each) for each in amounts > threshold])


class PatternCheck:
    """All dynamic queries of a round: they share one model and its simulations.

    :param model: a PySB model
    :param origin: the round that the model is of
    """

    def __init__(
        self, model: AssembledModel, queries: Sequence[DynamicProperty], origin: RoundModel
    ) -> None:
        self.origin = origin
        self.settings = origin.config.query.dynamic or Simulation()
        self.observed = ObservedModel(model.model, [query.entity for query in queries])
        self._plots: dict[tuple[str, int], str] = {}

    @cached_property
    def simulator(self) -> Simulator:
        """Made for the first query that applies."""
        return self.origin.simulator(self.observed, self.settings)

    def answer(self, query: DynamicProperty) -> Response:
        """Simulate and check the pattern; a plot goes to the bucket.

        :param query: one of those the check was made for
        """
        try:
            observable = self.observed.observable(query.entity)
        except NotInModelError:
            return text_response(RESULT_TEXT[QUERY_NOT_APPLICABLE])
        pattern = Pattern(query.pattern_type, query.quant_value)
        runs = self._runs(observable, pattern)
        series = [run.highs for run in runs]
        rate = satisfaction(pattern, series)
        other = found_instead(series) if rate < _RARE else None
        item = {
            "sat_rate": rate,
            "num_sim": len(runs),
            "kpat": other.kqml if other else None,
            "fig_path": self._plot(query, observable, runs),
        }
        # Another share or number of simulations is news; another plot is not.
        return {text_hash(f"{rate} {len(runs)}"): item}

    def _runs(self, observable: str, pattern: Pattern) -> list[Run]:
        tester, number = self.settings.hypothesis_tester, self.settings.num_sim
        if tester is None or number is not None:
            return [self._run(observable, each) for each in range(number or NUM_SIM)]
        return self._runs_until_decided(observable, pattern, SequentialTest(tester))

    def _runs_until_decided(
        self, observable: str, pattern: Pattern, test: SequentialTest
    ) -> list[Run]:
        runs: list[Run] = []
        satisfied = 0
        while len(runs) < MAX_SIMULATIONS:
            runs.append(self._run(observable, len(runs)))
            satisfied += pattern.formula.holds(runs[-1].highs)
            if test.decided(satisfied, len(runs) - satisfied):
                return runs
        logger.warning("%s of %s: %d simulations decide nothing", pattern, observable, len(runs))
        return runs

    def _run(self, observable: str, number: int) -> Run:
        return Run.of(self.simulator.run(number, {})[observable])

    def _plot(self, query: DynamicProperty, observable: str, runs: Sequence[Run]) -> str:
        # Of the observable alone: queries that ask for other patterns of it show the same plot.
        key = observable, len(runs)
        if key not in self._plots:
            self._plots[key] = self._upload(query, observable, runs)
        return self._plots[key]

    def _upload(self, query: DynamicProperty, observable: str, runs: Sequence[Run]) -> str:
        record = self.origin.record
        kind = "Kappa" if self.settings.use_kappa else "differential equations"
        heading = (
            f"Amount of {agent_text(query.entity)} over time",
            f"{record.model}, round {record.date_str}, by {kind}",
        )
        amounts = [run.amounts for run in runs]
        figure = pattern_figure(heading, self.simulator.times, amounts, runs[0].threshold)
        return self.origin.upload_plot(observable, to_png(figure))
