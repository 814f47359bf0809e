"""Statements as English sentences."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


class Sentence(NamedTuple):
    """One sentence and the hashes of the statements that it expresses."""

    text: str
    hashes: list[int]


def statement_sentence(stmt: Statement) -> str:
    """Return one statement in English, such as ``BRAF activates MAP2K1.``.

    A statement that INDRA has no English for, by its type or because it lacks an agent, is
    written as INDRA prints it.
    """
    from indra.assemblers.english import EnglishAssembler

    try:
        text: str = EnglishAssembler([stmt]).make_model()
    except Exception as error:  # noqa: BLE001 - INDRA fails in many ways on odd statements
        logger.info("INDRA has no English for %s: %r", stmt, error)
        text = ""
    return text or f"{stmt}."


def single_sentences(statements: Sequence[Statement]) -> list[Sentence]:
    """Return one sentence a statement."""
    return [Sentence(statement_sentence(each), [each.get_hash()]) for each in statements]


def merged_sentences(statements: Sequence[Statement]) -> list[Sentence]:
    """Return one sentence a relation (type and agent names), that with most evidence first.

    Statements that INDRA cannot merge have one sentence each.
    """
    from indra.util import statement_presentation as presentation

    try:
        groups = presentation.group_and_sort_statements(list(statements), grouping_level="relation")
        return [
            Sentence(
                presentation.make_string_from_relation_key(relation) + ".",
                [statement_hash for _, statement_hash, _, _ in members],
            )
            for _, relation, members, _ in groups
        ]
    except Exception as error:  # noqa: BLE001 - of an agent named None it makes no agent, for one
        logger.info("INDRA cannot merge %s: %r", list(statements), error)
        return single_sentences(statements)
