"""Finds few statements on which a step fails together, though on none of them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Statement

#: Returns the error that a step raises on statements; empty if it raises none.
Fault = Callable[[list["Statement"]], str]

#: A step that fails on no fewer statements together is at fault itself.
MAX_TOGETHER = 4


def failing_together(fault: Fault, statements: Sequence[Statement]) -> dict[int, str]:
    """Return the numbers of the statements to leave out, each with the reason.

    Of the statements that fail together that is the one without which all others pass; all of
    them, if there is no such one.

    :returns: empty if no few statements are the cause
    """
    together = _smallest_set(fault, statements)
    if not together:
        return {}
    reason = fault(_chosen(statements, together))
    everything = range(len(statements))
    alone = (n for n in together if not fault(_chosen(statements, {*everything} - {n})))
    culprit = next(alone, None)
    return {
        number: f"the step fails on it together with {_names(statements, together, number)}:"
        f" {reason}"
        for number in (together if culprit is None else [culprit])
    }


def _smallest_set(fault: Fault, statements: Sequence[Statement]) -> list[int]:
    """Return the numbers of few statements on which the step fails; empty if there are none.

    Each is the last of the shortest beginning that fails with those found before.
    """
    found: list[int] = []
    end = len(statements)
    if not fault(list(statements)):
        return []
    while not fault(_chosen(statements, found)):
        if len(found) == MAX_TOGETHER or not end:  # without end, the step fails now and then
            return []
        works, fails = 0, end
        while fails - works > 1:
            middle = (works + fails) // 2
            if fault(_chosen(statements, [*range(middle), *found])):
                fails = middle
            else:
                works = middle
        end = fails - 1
        found.append(end)
    return found


def _chosen(statements: Sequence[Statement], numbers: Iterable[int]) -> list[Statement]:
    return [statements[number] for number in sorted(numbers)]


def _names(statements: Sequence[Statement], together: Sequence[int], but: int) -> str:
    return " and ".join(str(statements[number]) for number in sorted(together) if number != but)
