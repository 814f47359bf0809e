"""``signed_graph`` and ``unsigned_graph``: agents as nodes, merged statements as edges."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from emmaa_jobs.model_types.assembled_model import (
    AssembledModel,
    EdgeFilter,
    Step,
    refinement_between,
)
from emmaa_jobs.model_types.graph_checker import GraphChecker
from emmaa_jobs.model_types.indranet import build_graph, is_internal
from emmaa_jobs.model_types.inexpressible import build_expressible, without
from emmaa_jobs.model_types.path_result import PathNode

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig


@dataclass
class GraphModel(AssembledModel):
    """The base of both graph types."""

    signed: ClassVar[bool]
    merges_sentences = True

    @classmethod
    def assemble(cls, statements: list[Statement], config: ModelConfig) -> Self:
        """Make the graph by the config's ``test.indranet_method``."""
        by_data_frame = config.test.indranet_method == "df"
        build = partial(_graph_by_data_frame if by_data_frame else build_graph, signed=cls.signed)
        graph, left_out = build_expressible(statements, build, "a graph")
        return cls(graph, without(statements, left_out), left_out)

    def checker(
        self, tests: Sequence[Statement], edge_filter: EdgeFilter | None = None
    ) -> GraphChecker:
        """Return a checker over the graph, which answers for any statement."""
        agents = {a.name: a for each in self.statements for a in each.real_agent_list()}
        return GraphChecker(self.model, agents, edge_filter, signed=self.signed)

    def steps(self, path: Sequence[PathNode]) -> list[Step]:
        """Each edge with its statements, in the order in which the edge lists them."""
        found = []
        for source, target in itertools.pairwise(path):
            refinement = refinement_between(source, target)
            found.append(refinement or self._edge_step(source, target))
        return found

    def _edge_step(self, source: PathNode, target: PathNode) -> Step:
        edge = self.model[source[0]][target[0]]
        facts = edge[int(source[1] != target[1])] if self.signed else edge
        hashes = [each["stmt_hash"] for each in facts["statements"]]
        return Step("statements", (source[0], target[0]), self.with_hashes(hashes))


class SignedGraphModel(GraphModel):
    """Edges are positive or negative; complexes and modifications are left out."""

    mc_type = "signed_graph"
    signed = True


class UnsignedGraphModel(GraphModel):
    """Edges have no sign; complexes are edges in both directions."""

    mc_type = "unsigned_graph"
    signed = False


def _graph_by_data_frame(statements: list[Statement], *, signed: bool) -> Any:
    from indra.assemblers.indranet import IndraNetAssembler

    return IndraNetAssembler(statements).make_model(
        method="df",
        graph_type="signed" if signed else "digraph",
        extra_columns=[("internal", is_internal)],
        keep_self_loops=False,
    )
