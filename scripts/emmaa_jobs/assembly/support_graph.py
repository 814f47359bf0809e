"""Statements that support each other: walking and copying them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Statement


def with_support(statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements, then all others linked with them, each once and in a fixed order."""
    found = {id(statement): statement for statement in statements}
    given = list(found.values())
    waiting = list(given)
    while waiting:
        statement = waiting.pop()
        for linked in (*statement.supports, *statement.supported_by):
            if id(linked) not in found:
                found[id(linked)] = linked
                waiting.append(linked)
    return given + sorted([*found.values()][len(given) :], key=lambda each: each.matches_key())


def copy_statements(statements: Sequence[Statement]) -> list[Statement]:
    """Copy the statements, and all others linked with them, deeply.

    Links are taken apart for it: INDRA's ``fast_deepcopy`` follows them one inside the other, and
    beyond some thousand linked statements ends at Python's recursion limit.
    """
    from indra.util import fast_deepcopy

    originals = with_support(statements)
    links = [(each.supports, each.supported_by) for each in originals]
    try:
        for each in originals:
            each.supports, each.supported_by = [], []
        copies: list[Statement] = fast_deepcopy(originals)
    finally:
        for each, (supports, supported_by) in zip(originals, links, strict=True):
            each.supports, each.supported_by = supports, supported_by
    copy_of = {id(each): copy for each, copy in zip(originals, copies, strict=True)}
    for copy, (supports, supported_by) in zip(copies, links, strict=True):
        copy.supports = [copy_of[id(each)] for each in supports]
        copy.supported_by = [copy_of[id(each)] for each in supported_by]
    return [copy_of[id(each)] for each in statements]
