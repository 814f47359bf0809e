"""Answers to intervention queries: what much of one entity does to another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from emmaa_cycle.model_config import Simulation
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import QUERY_NOT_APPLICABLE
from emmaa_jobs.queries.query import agent_text
from emmaa_jobs.queries.responses import Response, text_hash, text_response
from emmaa_jobs.queries.simulation_queries import SimpleInterventionProperty
from emmaa_jobs.simulation import NotInModelError, ObservedModel, Simulator
from emmaa_jobs.simulation.plots import comparison_figure, to_png

if TYPE_CHECKING:
    from emmaa_jobs.model_types import AssembledModel
    from emmaa_jobs.queries.round_model import RoundModel
    from emmaa_jobs.simulation.simulator import Amounts

logger = logging.getLogger(__name__)

#: What the condition's initial amount is multiplied by, without and with the intervention.
WITHOUT, WITH = 0.0, 100.0
#: A smaller mean difference, in molecules, is none.
NO_CHANGE = 0.01


class InterventionComparison:
    """All intervention queries of a round: they share one model.

    :param model: a PySB model
    :param origin: the round that the model is of
    """

    def __init__(
        self,
        model: AssembledModel,
        queries: Sequence[SimpleInterventionProperty],
        origin: RoundModel,
    ) -> None:
        self.origin = origin
        self.settings = origin.config.query.intervention or Simulation()
        self.observed = ObservedModel(model.model, [query.target_entity for query in queries])

    @cached_property
    def simulator(self) -> Simulator:
        """Made for the first query that applies."""
        return self.origin.simulator(self.observed, self.settings)

    def answer(self, query: SimpleInterventionProperty) -> Response:
        """Simulate without and with the intervention; a plot goes to the bucket.

        :param query: one of those the comparison was made for
        """
        try:
            condition = self.observed.amount(query.condition_entity)
            observable = self.observed.observable(query.target_entity)
        except NotInModelError:
            return text_response(RESULT_TEXT[QUERY_NOT_APPLICABLE])
        without, high = (
            self.simulator.run(0, {condition: factor})[observable] for factor in (WITHOUT, WITH)
        )
        difference = float((high - without).mean())
        shown = f"{observable}_by_{condition.removesuffix('_0')}"
        logger.info("%s: the mean difference is %.4g", query.english(), difference)
        result = result_word(difference, query.direction)
        # The plot is no news: it changes with every round.
        return {
            text_hash(result): {
                "result": result,
                "fig_path": self._plot(query, shown, without, high),
            }
        }

    def _plot(
        self, query: SimpleInterventionProperty, name: str, without: Amounts, high: Amounts
    ) -> str:
        # Of target and condition alone: the query for the other direction shows the same plot.
        record = self.origin.record
        condition = agent_text(query.condition_entity)
        kind = "Kappa" if self.settings.use_kappa else "differential equations"
        heading = (
            f"Amount of {agent_text(query.target_entity)} without and with {condition}",
            f"{record.model}, round {record.date_str}, by {kind}",
        )
        lines = {f"no {condition}": without, f"{WITH:g} × {condition}": high}
        figure = comparison_figure(heading, self.simulator.times, lines)
        return self.origin.upload_plot(name, to_png(figure))


def result_word(difference: float, direction: str) -> str:
    """Return the result in the form that is stored.

    :param difference: mean of the target with the intervention less that without it
    :param direction: what was asked for, ``up`` or ``dn``
    """
    if abs(difference) < NO_CHANGE:
        return "no_change"
    if direction == "dn":
        return "yes_decrease" if difference < 0 else "no_increase"
    return "no_decrease" if difference < 0 else "yes_increase"
