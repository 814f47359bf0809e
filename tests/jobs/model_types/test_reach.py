"""The search from targets: distances, and the order in which INDRA's search meets the nodes."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.model_types.path_graph import PathGraph, Search

NODES = [(name, sign) for name in "abcd" for sign in (0, 1)]
UNREACHED = -1
edges = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=30)
numbers = st.lists(st.integers(0, len(NODES) - 1), unique=True, max_size=4)


def met_in_order(graph: PathGraph, search: Search, passes: set[int]) -> Mapping[int, int]:
    """Return by node its distance, in the order in which they are met, one by one."""
    found = dict.fromkeys(search.targets, 0)
    queue = list(search.targets)
    for node in queue:
        for before in graph.predecessors[node]:
            is_source = before in search.sources
            refused = not search.allow_direct and is_source and node in search.targets
            if before not in found and not refused and (before in passes or is_source):
                found[before] = found[node] + 1
                queue.append(before)
    return found


@given(edges, numbers, numbers, st.booleans(), st.sets(st.sampled_from("abcd")))
def test_nodes_are_met_in_the_order_of_a_search_step_by_step(
    pairs: list[tuple[tuple[str, int], tuple[str, int]]],
    targets: list[int],
    sources: list[int],
    allow_direct: bool,
    refused: set[str],
) -> None:
    network = nx.DiGraph()
    network.add_nodes_from(NODES)
    network.add_edges_from(pairs)
    graph = PathGraph(network, lambda node: node[0] not in refused)
    search = Search(tuple(targets), frozenset(sources), allow_direct)

    reach = graph.reach(search)

    passes = {number for number, node in enumerate(NODES) if node[0] not in refused}
    met = met_in_order(graph, search, passes)
    places = {node: place for place, node in enumerate(met)}
    every = range(len(NODES))
    assert list(reach.distance) == [met.get(node, UNREACHED) for node in every]
    assert list(reach.rank) == [places.get(node, UNREACHED) for node in every]


def test_a_graph_without_nodes_reaches_nothing() -> None:
    reach = PathGraph(nx.DiGraph()).reach(Search((), frozenset()))
    assert (list(reach.distance), list(reach.rank)) == ([], [])
