"""Kappa's static analyses as pictures (SVG): ``kappa_im`` and ``kappa_cm``."""

from __future__ import annotations

from typing import Any

from emmaa_jobs.exports.drawing import draw
from emmaa_jobs.exports.source import ExportSource
from emmaa_jobs.rule_models.kappa import running_kappa
from emmaa_jobs.rule_models.languages import kappa_source

#: How long Kappa may analyse a model: 3,000 rules took 4 s, 7,000 some minutes.
ANALYSIS_SECONDS = 600.0


def influence_map(source: ExportSource) -> bytes:
    """Draw which rule makes which other rule more (green) or less (red) likely to apply.

    :raises InputError: if Kappa or Graphviz does not end in time.
    """
    import networkx as nx
    from indra.assemblers.pysb.kappa_util import im_json_to_graph

    with _analysed(source) as kappa:
        graph = im_json_to_graph(kappa.analyses_influence_map(accuracy="medium"))
    # Rate constants are in the map as well, and influence nothing.
    graph.remove_nodes_from([n for n, kind in graph.nodes(data="node_type") if kind != "rule"])
    return draw(nx.nx_agraph.to_agraph(graph))


def contact_map(source: ExportSource) -> bytes:
    """Draw which site of an agent binds to which other; agents without sites are left out.

    :raises InputError: if Kappa or Graphviz does not end in time.
    """
    from indra.assemblers.pysb.kappa_util import cm_json_to_graph

    with _analysed(source) as kappa:
        graph = cm_json_to_graph(kappa.analyses_contact_map())
    return draw(graph, clusters=True)


def _analysed(source: ExportSource) -> Any:
    return running_kappa(kappa_source(source.assembled.model), ANALYSIS_SECONDS)
