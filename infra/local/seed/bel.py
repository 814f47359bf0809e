"""Statements of PyBEL's packaged example graphs, with the citations that the graphs carry."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Statement

#: The graphs, by their names in ``pybel.examples``.
GRAPHS = ("egf_graph", "braf_graph", "vegf_graph", "sialic_acid_graph")


def example_statements() -> list[Statement]:
    """Return the statements of all four graphs, without copies, each evidence with its PMID.

    The graphs' annotation URLs and patterns are emptied: PyBEL would fetch them, and the
    statements do not need them. PyBEL's own graphs stay as they are: INDRA writes into the
    annotations of the graph that it reads, which a plain copy shares.
    """
    from indra.sources.bel import process_pybel_graph
    from pybel import examples

    statements: list[Statement] = []
    for name in GRAPHS:
        graph = deepcopy(getattr(examples, name))
        graph.annotation_url.clear()
        graph.annotation_pattern.clear()
        statements += process_pybel_graph(graph).statements
    return list({s.get_hash(shallow=False): s for s in statements}.values())
