"""Answers to path queries: the paths that explain the statement, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emmaa_cycle.model_config import PathLimits
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.queries.path_property import PathProperty
from emmaa_jobs.queries.responses import Response, paths_response, text_response

if TYPE_CHECKING:
    from emmaa_jobs.model_types import AssembledModel
    from emmaa_jobs.queries.round_model import RoundModel

DEFAULT_LIMITS = PathLimits(max_path_length=5, max_paths=5)


class PathSearch:
    """All path queries of one model type: they share one graph.

    :param origin: the round that the model is of
    """

    def __init__(
        self, model: AssembledModel, queries: Sequence[PathProperty], origin: RoundModel
    ) -> None:
        limits = origin.config.query.statement_checking
        self.limits = limits.limits(model.mc_type, DEFAULT_LIMITS)
        self.checker = model.checker([query.path_stmt for query in queries])
        self.explainer = origin.explainer(model)

    def answer(self, query: PathProperty) -> Response:
        """Check the query's statement.

        :param query: one of those the search was made for
        """
        result = self.checker.check_statement(
            query.path_stmt, self.limits.max_paths, self.limits.max_path_length
        )
        if result.paths:
            explained = self.explainer.explain(result.paths).found
            return paths_response(each.to_json() for each in explained)
        return text_response(RESULT_TEXT[result.result_code])
