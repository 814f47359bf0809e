"""Result texts are data: their bytes are stored, hashed and compared.

See docs/queries.md#result-codes and docs/reference/original-emmaa.md#hashes-to-check-against.
"""

import pytest
from fnvhash import fnv1a_32

from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import NO_OPEN_SEARCH_PATHS


@pytest.mark.parametrize(
    ("code", "fnv"),
    [
        ("QUERY_NOT_APPLICABLE", 2413475507),
        ("NO_PATHS_FOUND", 521653329),
        ("STATEMENT_TYPE_NOT_HANDLED", 4022181801),
    ],
)
def test_hashes_of_texts(code: str, fnv: int) -> None:
    assert fnv1a_32(RESULT_TEXT[code].encode()) == fnv


def test_all_texts() -> None:
    assert dict(RESULT_TEXT) == {
        "STATEMENT_TYPE_NOT_HANDLED": "Statement type not handled",
        "SUBJECT_MONOMERS_NOT_FOUND": "Statement subject not in model",
        "SUBJECT_NOT_FOUND": "Statement subject not in model",
        "OBSERVABLES_NOT_FOUND": "Statement object state not in model",
        "OBJECT_NOT_FOUND": "Statement object state not in model",
        "NO_PATHS_FOUND": "No path found that satisfies the test statement",
        "MAX_PATH_LENGTH_EXCEEDED": "Path found but exceeds search depth",
        "PATHS_FOUND": "Path found which satisfies the test statement",
        "INPUT_RULES_NOT_FOUND": "No rules with test statement subject",
        "MAX_PATHS_ZERO": "Path found but not reconstructed",
        "QUERY_NOT_APPLICABLE": "Query is not applicable for this model",
        "NODE_NOT_FOUND": "Node not in model",
    }
    assert NO_OPEN_SEARCH_PATHS == "No paths found that satisfy this query"
