"""The choice and order of the rows for a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from emmaa_cycle.overview.model import ModelRow

#: Rows of one page.
PAGE_ROWS = 50
#: Models that a request may name one by one.
MAX_NAMED = 500


class Filter(StrEnum):
    """States that the bucket alone can tell."""

    ALL = "all"
    FINISHED = "finished"
    UNFINISHED = "unfinished"
    LATE = "late"
    ASLEEP = "asleep"
    NONE = "none"
    FAULTY = "faulty"


class Order(StrEnum):
    """The sort key of rows."""

    NAME = "name"
    ROUND = "round"
    STATEMENTS = "statements"
    ADDED = "added"
    RATE = "rate"
    CHANGE = "change"


@dataclass(frozen=True)
class Selection:
    """A request for rows.

    :param find: a part of a model's name, in any case of letters
    :param only: the models to show; all if empty
    :param start: the number of the first row, from 0
    """

    find: str = ""
    state: Filter = Filter.ALL
    only: tuple[str, ...] = ()
    sort: Order = Order.NAME
    descending: bool = False
    start: int = 0

    def of(self, rows: Sequence[ModelRow]) -> list[ModelRow]:
        """Return all rows that are wanted, in order."""
        kept = [row for row in rows if self._wants(row)]
        kept.sort(key=lambda row: row.title.casefold())
        known = [row for row in kept if _KEYS[self.sort](row) is not None]
        unknown = [row for row in kept if _KEYS[self.sort](row) is None]
        known.sort(key=lambda row: _KEYS[self.sort](row), reverse=self.descending)
        return known + unknown

    def page(self, rows: Sequence[ModelRow]) -> Sequence[ModelRow]:
        """Return the rows of the page that is wanted."""
        return rows[self.start : self.start + PAGE_ROWS]

    def _wants(self, row: ModelRow) -> bool:
        found = self.find.casefold() in f"{row.model} {row.title}".casefold()
        named = not self.only or row.model in self.only
        return found and named and is_in(row, self.state)


def is_in(row: ModelRow, state: Filter) -> bool:
    """Return whether a model is in a state; it may be in several."""
    if state is Filter.ALL:
        return True
    if state is Filter.LATE:
        return row.late
    if state is Filter.FAULTY:
        return bool(row.faults)
    return row.state == state.value


def _rates(row: ModelRow) -> list[float]:
    return [kind.ratio for corpus in row.corpora for kind in corpus.figures.types.values()]


def _changes(row: ModelRow) -> list[float]:
    types = [kind for corpus in row.corpora for kind in corpus.figures.types.values()]
    return [kind.change for kind in types if kind.change is not None]


_KEYS: dict[Order, Callable[[ModelRow], Any]] = {
    Order.NAME: lambda row: row.title.casefold(),
    Order.ROUND: lambda row: row.round or None,
    Order.STATEMENTS: lambda row: row.statistics.statements if row.statistics else None,
    Order.ADDED: lambda row: row.statistics.added if row.statistics else None,
    Order.RATE: lambda row: min(_rates(row), default=None),
    Order.CHANGE: lambda row: min(_changes(row), default=None),
}
