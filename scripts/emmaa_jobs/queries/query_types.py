"""All types of query, and the reading of any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_jobs.queries.open_search_query import OpenSearchQuery
from emmaa_jobs.queries.path_property import PathProperty
from emmaa_jobs.queries.query import Query, QueryError, query_model_hash
from emmaa_jobs.queries.simulation_queries import DynamicProperty, SimpleInterventionProperty

__all__ = [
    "QUERY_TYPES",
    "DynamicProperty",
    "OpenSearchQuery",
    "PathProperty",
    "Query",
    "QueryError",
    "SimpleInterventionProperty",
    "query_from_json",
    "query_model_hash",
]

#: The types by their name in JSON and database.
QUERY_TYPES: dict[str, type[Query]] = {
    kind.qtype: kind
    for kind in (PathProperty, OpenSearchQuery, DynamicProperty, SimpleInterventionProperty)
}


def query_from_json(document: object) -> Query:
    """Read a query of any type.

    :raises QueryError: if the type is unknown or a field cannot be used.
    """
    if not isinstance(document, Mapping):
        raise QueryError(f"a query is a JSON object, this is {document!r:.80}")
    kind: Any = document.get("type")
    if not isinstance(kind, str) or kind not in QUERY_TYPES:
        raise QueryError(f"query type {kind!r} is not one of {', '.join(QUERY_TYPES)}")
    return QUERY_TYPES[kind].from_json(document)
