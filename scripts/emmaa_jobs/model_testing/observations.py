"""The tests of a corpus that a model can be asked."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.statements.gate import NoStatementError, read_statement, statement_label

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.left_out import LeftOutList
    from emmaa_jobs.model.corpus import TestCorpus
    from emmaa_jobs.model_testing.applicability import Connector


def distinct_tests(corpus: TestCorpus, name: str, left_out: LeftOutList) -> list[Statement]:
    """Return the statements of a corpus, in its order, each once.

    Copies would distort the ratio of passed tests.

    :param left_out: gets the tests that are no statements
    """
    found: dict[int, Statement] = {}
    for document in corpus.tests:
        try:
            statement = read_statement(document)
        except NoStatementError as error:
            left_out.add("test", _label(document), f"no test: {error}", name)
        else:
            found.setdefault(statement.get_hash(), statement)
    return list(found.values())


def applicable_tests(
    tests: Iterable[Statement], connector: Connector, name: str, left_out: LeftOutList
) -> list[Statement]:
    """Return the tests all of whose agents are in the model.

    :param name: the corpus
    :param left_out: gets the tests of which that cannot be found out
    """
    applied = []
    for test in tests:
        applicable = attempt(functools.partial(connector.applicable, test))
        if isinstance(applicable, Failed):
            left_out.add("test", str(test), f"its agents: {applicable.reason}", name)
        elif applicable:
            applied.append(test)
    return applied


def _label(document: Any) -> str:
    # The place in the corpus would be another one whenever tests are added.
    content = json.dumps(document, sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return f"{statement_label(document)} [{digest}]"
