"""The rows of the record, each a statement that a preassembly made from raw ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emmaa_jobs.assembly.continuation.agents import places_by_role
from emmaa_jobs.assembly.continuation.record import Row, numbered
from emmaa_jobs.assembly.entities import entity_texts
from emmaa_jobs.assembly.preassembled import Merged, Preassembled

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.statements.emmaa_statement import EmmaaStatement


class UntraceableError(Exception):
    """An assembly whose statements cannot be traced to the raw ones."""


def number_by_id(raw: Mapping[int, EmmaaStatement]) -> dict[str, int]:
    """Return the number of each raw statement by its id, before an assembly uses them up.

    :raises UntraceableError: if ids do not tell which statement is meant.
    """
    found = {item.stmt.uuid: number for number, item in raw.items()}
    if len(found) < len(raw):
        raise UntraceableError("two raw statements have one id")
    for item in raw.values():
        if any("prior_uuids" in evidence.annotations for evidence in item.stmt.evidence):
            # Whether such ids stay depends on all raw statements (assembly.deterministic.settle).
            raise UntraceableError("a raw statement has been through a preassembly")
    return found


def rows_of(
    preassembled: Preassembled, assembled: Sequence[Statement], numbers: Mapping[str, int]
) -> list[Row]:
    """Return a row for each statement that a preassembly left, in order.

    :param assembled: those that the steps after it left
    :param numbers: from :func:`number_by_id`
    :raises UntraceableError: if one of them was not made of known statements.
    """
    kept = {id(statement) for statement in assembled}
    try:
        rows = [
            _row(merged, group, numbers, is_kept=id(merged.statement) in kept)
            for merged, group in zip(preassembled.merged, preassembled.groups, strict=True)
        ]
    except (KeyError, ValueError) as error:
        raise UntraceableError(f"a statement comes from elsewhere: {error}") from error
    if [row.hash for row in rows if row.hash is not None] != [
        each.get_hash() for each in assembled
    ]:
        raise UntraceableError("the steps after the preassembly changed the statements' order")
    return numbered(rows)


def _row(merged: Merged, group: int, numbers: Mapping[str, int], *, is_kept: bool) -> Row:
    statement = merged.statement
    return Row(
        key=merged.key,
        kind=type(statement).__name__,
        group=group,
        sources=[numbers[each] for each in merged.sources],
        hash=statement.get_hash() if is_kept else None,
        places=places_by_role(statement),
        entities=entity_texts(statement) if is_kept else (),
    )
