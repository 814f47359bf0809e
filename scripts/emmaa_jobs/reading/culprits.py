"""Finds the items for which a library fails on a whole document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: A document with more is refused as a whole.
MAX_CULPRITS = 50


def without_culprits(
    items: Sequence[Item], process: Callable[[Sequence[Item]], Result]
) -> tuple[Result, list[tuple[Item, Exception]]]:
    """Process all items but those for which processing fails, in any way.

    A failure of many items is narrowed down to one by halves, so that each culprit costs a dozen
    further runs and not as many as there are items.

    :param items: what others need comes first, so that a beginning fails for its culprits alone
    :param process: processes some of the items, kept in order
    :returns: the result of the others, and the culprits with the errors that they raise
    :raises Exception: that of the process, if it fails without any item, or for too many
    """
    kept = list(items)
    culprits: list[tuple[Item, Exception]] = []
    while True:
        try:
            return process(kept), culprits
        except Exception as error:
            if not kept or len(culprits) == MAX_CULPRITS:
                raise
            last, cause = _first_failing(kept, process, error)
        culprits.append((kept.pop(last), cause))


def _first_failing(
    kept: Sequence[Item], process: Callable[[Sequence[Item]], Result], error: Exception
) -> tuple[int, Exception]:
    """Return the end of the shortest beginning that fails, and its error."""
    process([])
    works, fails = 0, len(kept)
    while fails - works > 1:
        middle = (works + fails) // 2
        try:
            process(kept[:middle])
        except Exception as cause:  # noqa: BLE001 - the error is returned
            fails, error = middle, cause
        else:
            works = middle
    return fails - 1, error
