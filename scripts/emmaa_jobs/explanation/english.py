"""Statements as English sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from indra.statements import Statement


class Sentence(NamedTuple):
    """One sentence and the hashes of the statements that it tells."""

    text: str
    hashes: list[int]


def statement_sentence(stmt: Statement) -> str:
    """One statement in English, such as ``BRAF activates MAP2K1.``.

    A statement that INDRA has no English for, by its type or because it lacks an agent, is
    written as INDRA prints it.
    """
    from indra.assemblers.english import EnglishAssembler

    try:
        text: str = EnglishAssembler([stmt]).make_model()
    except (AttributeError, IndexError):  # of the agent that is not there
        text = ""
    return text or f"{stmt}."


def single_sentences(statements: Sequence[Statement]) -> list[Sentence]:
    """One sentence a statement."""
    return [Sentence(statement_sentence(each), [each.get_hash()]) for each in statements]


def merged_sentences(statements: Sequence[Statement]) -> list[Sentence]:
    """One sentence a relation (type and agent names), the relation with most evidence first."""
    from indra.util import statement_presentation as presentation

    groups = presentation.group_and_sort_statements(list(statements), grouping_level="relation")
    return [
        Sentence(
            presentation.make_string_from_relation_key(relation) + ".",
            [statement_hash for _, statement_hash, _, _ in members],
        )
        for _, relation, members, _ in groups
    ]
