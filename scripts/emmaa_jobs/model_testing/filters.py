"""Filters that a config names for a test corpus (docs/reference/model-tests.md#filters)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from emmaa_cycle.errors import InputError

if TYPE_CHECKING:
    from indra.statements import Agent

    from emmaa_cycle.model_config import TestSection
    from emmaa_jobs.model.config_file import ConfigFile
    from emmaa_jobs.model_types.assembled_model import EdgeFilter

NodeFilter = Callable[["Agent"], bool]

F = TypeVar("F")


def filter_chem_mesh_go(agent: Agent) -> bool:
    """Refuse chemicals, diseases, processes and what has no grounding as a path's inner nodes."""
    return agent.get_grounding()[0] not in {"MESH", "CHEBI", "GO", None}


def filter_to_internal_edges(graph: Any, source: str, target: str, *key: int) -> bool:
    """Keep edges that at least one statement of the model's own literature supports."""
    edge = graph.edges[(source, target, *key)]
    return any(fact["internal"] for fact in edge["statements"])


NODE_FILTERS: Mapping[str, NodeFilter] = {"filter_chem_mesh_go": filter_chem_mesh_go}
EDGE_FILTERS: Mapping[str, EdgeFilter] = {"filter_to_internal_edges": filter_to_internal_edges}


def filter_faults(config_file: ConfigFile) -> dict[str, str]:
    """Return the corpora that cannot be tested, because a rule of theirs cannot be used.

    :returns: by corpus the reason, naming model, key, field and corpus
    """
    test, faults = config_file.config.test, {}
    for corpus in {**test.filters, **test.edge_filters, **test.direct_paths}:
        try:
            node_filter(test, corpus)
            edge_filter(test, corpus)
            allows_direct_paths(test, corpus)
        except InputError as error:
            faults[corpus] = f"{config_file.where}: {error}"
    return faults


def node_filter(test: TestSection, corpus: str) -> NodeFilter | None:
    """Return the filter of inner nodes that ``test.filters`` names for a corpus.

    :raises InputError: if there is no filter of that name.
    """
    return _named(NODE_FILTERS, test.filters, corpus, "test.filters")


def edge_filter(test: TestSection, corpus: str) -> EdgeFilter | None:
    """Return the filter of edges that ``test.edge_filters`` names for a corpus.

    :raises InputError: if there is no filter of that name.
    """
    return _named(EDGE_FILTERS, test.edge_filters, corpus, "test.edge_filters")


def allows_direct_paths(test: TestSection, corpus: str) -> bool:
    """Return whether ``test.direct_paths`` lets a single edge explain a test of a corpus.

    :raises InputError: if its value is no flag.
    """
    flag = test.direct_paths.get(corpus, True)
    if not isinstance(flag, bool):
        raise InputError(
            f"test.direct_paths in config.json has {flag!r:.80} for corpus {corpus!r}: write true"
            " or false"
        )
    return flag


def _named(known: Mapping[str, F], chosen: dict[str, Any], corpus: str, field: str) -> F | None:
    name = chosen.get(corpus)
    if name is None:
        return None
    if not isinstance(name, str) or name not in known:
        raise InputError(
            f"{field} in config.json names {name!r:.80} for corpus {corpus!r}:"
            f" choose among {', '.join(known)}"
        )
    return known[name]
