"""Answers to open search queries: paths from an entity, or to it, breadth first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from emmaa_cycle.model_config import PathLimits
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import NO_OPEN_SEARCH_PATHS, NODE_NOT_FOUND
from emmaa_jobs.queries.open_search_query import OpenSearchQuery
from emmaa_jobs.queries.responses import Response, paths_response, text_response

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.model_types import AssembledModel
    from emmaa_jobs.queries.round_model import RoundModel

DEFAULT_LIMITS = PathLimits(max_path_length=2, max_paths=50)


class OpenSearch:
    """All open searches of one model type: they share one graph.

    :param origin: the round that the model is of
    """

    def __init__(
        self, model: AssembledModel, queries: Sequence[OpenSearchQuery], origin: RoundModel
    ) -> None:
        self.mc_type = model.mc_type
        self.limits = origin.config.query.open_search.limits(model.mc_type, DEFAULT_LIMITS)
        # PySB finds the observables of a statement by the very object it was made with.
        self.statements: dict[OpenSearchQuery, Statement] = {
            query: query.path_stmt() for query in queries
        }
        self.checker = model.checker(list(self.statements.values()))
        self.explainer = origin.explainer(model)

    def answer(self, query: OpenSearchQuery) -> Response:
        """Search from the query's entity.

        If the checker accepts an entity but finds no node for it, the answer says so: the
        original failed an assertion there.

        :param query: one of those the search was made for
        """
        subject, target, code = self.checker.process_statement(self.statements[query])
        if code:
            return text_response(RESULT_TEXT[code])
        nodes = (subject if query.entity_role == "subject" else target).all_nodes
        if not nodes:
            return text_response(RESULT_TEXT[NODE_NOT_FOUND])
        paths = list(self._paths(query, sorted(nodes, key=str)))
        if not paths:
            return text_response(NO_OPEN_SEARCH_PATHS)
        if self.limits.max_paths == 0:
            return text_response(RESULT_TEXT["MAX_PATHS_ZERO"])
        return paths_response(each.to_json() for each in self.explainer.explain(paths).found)

    def _paths(self, query: OpenSearchQuery, nodes: list[Any]) -> Iterator[tuple[Any, ...]]:
        from indra.explanation.pathfinding import bfs_search_multiple_nodes

        upstream = query.entity_role == "object"
        found = bfs_search_multiple_nodes(
            self._graph(upstream),
            nodes,
            reverse=upstream,
            # The nodes of a PySB influence map are rules, which have no namespace.
            terminal_ns=None if self.mc_type == "pysb" else query.terminal_ns,
            depth_limit=self.limits.max_path_length,
            # INDRA takes 0 for no limit; whether there is any path at all is what is asked then.
            path_limit=self.limits.max_paths or 1,
            sign=query.sign(self.mc_type),
        )
        return (path[::-1] if upstream else path for path in found)

    def _graph(self, upstream: bool) -> Any:
        graph = self.checker.get_graph()
        if self.mc_type != "pysb" or upstream:
            return graph
        # Observables of other queries would use up the limits as ends of paths.
        observables = {each.name for each in self.checker.model.observables}
        return graph.subgraph([node for node in graph if node[0] not in observables])
