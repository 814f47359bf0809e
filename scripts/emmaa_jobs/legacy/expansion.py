"""The size of a pickle's values when written out as JSON.

A pickle may hold one list a thousand times over, each within the next: a few hundred bytes whose
JSON fills any disk. The size is calculated here before anything is written out.
"""

from __future__ import annotations

from typing import Any

from emmaa_jobs.legacy.records import Record, RefusedPickleError

#: Deeper than any statement, and well within Python's recursion.
MAX_DEPTH = 60
#: Not followed: the assembly finds again which statement supports which.
SKIPPED = frozenset({"supports", "supported_by"})


class Expansion:
    """Counts the characters of values, with shared values counted each time they occur.

    :param limit: how many characters all values together may have
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._total = 0
        # Size and height by identity; the value is kept, for an identity is used again once its
        # object is gone.
        self._known: dict[int, tuple[int, int, object]] = {}
        self._open: set[int] = set()

    def add(self, value: object) -> None:
        """Count a value.

        :raises RefusedPickleError: if it is too large with what was counted before, holds
            itself, or is nested too deeply.
        """
        self._total += self._measure(value, 0)[0]
        if self._total > self._limit:
            raise RefusedPickleError(
                f"its JSON would be larger than {self._limit} characters: it holds the same values"
                " over and over"
            )

    def _measure(self, value: object, depth: int) -> tuple[int, int]:
        if isinstance(value, str | bytes):
            return len(value) + 4, 0
        if isinstance(value, int):
            return value.bit_length() // 3 + 4, 0
        inner = _inner(value)
        return (16, 0) if inner is None else self._measure_container(value, inner, depth)

    def _measure_container(self, value: object, inner: list[Any], depth: int) -> tuple[int, int]:
        key = id(value)
        if key in self._open:
            raise RefusedPickleError("it holds a value that contains itself")
        if key not in self._known:
            _check_depth(depth)
            self._open.add(key)
            parts = [self._measure(each, depth + 1) for each in inner]
            self._open.discard(key)
            height = 1 + max((part[1] for part in parts), default=0)
            self._known[key] = 16 + sum(part[0] for part in parts), height, value
        size, height, _ = self._known[key]
        _check_depth(depth + height)
        return size, height


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RefusedPickleError(f"its values are nested deeper than {MAX_DEPTH}")


def _inner(value: object) -> list[Any] | None:
    if isinstance(value, Record):
        return [part for name, part in value.state.items() if name not in SKIPPED]
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else None
