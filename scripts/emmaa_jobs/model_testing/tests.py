"""The tests of a corpus that a model can be asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError
from emmaa_jobs.statement_reading import NoStatementError, read_statement

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.model_testing.applicability import Connector
    from emmaa_jobs.test_corpus import TestCorpus


def distinct_tests(corpus: TestCorpus, name: str) -> list[Statement]:
    """The statements of a corpus, in its order, each once.

    Copies would distort the ratio of passed tests.

    :raises InputError: naming the corpus and the test that is no INDRA statement.
    """
    found: dict[int, Statement] = {}
    for index, document in enumerate(corpus.tests):
        try:
            statement = read_statement(document)
        except NoStatementError as error:
            raise InputError(
                f"test corpus {name!r}: test {index} is no INDRA statement: {error}"
            ) from error
        found.setdefault(statement.get_hash(), statement)
    return list(found.values())


def applicable_tests(tests: Iterable[Statement], connector: Connector) -> list[Statement]:
    """The tests all of whose agents are in the model."""
    return [test for test in tests if connector.applicable(test)]
