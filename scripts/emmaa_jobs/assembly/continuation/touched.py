"""The groups that new statements touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from emmaa_jobs.assembly.continuation.agents import Place, may_join, places_by_role, related

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.assembly.continuation.record import Row


def touched_groups(rows: Sequence[Row], news: Iterable[Statement]) -> set[int]:
    """Return the groups that a preassembly may join new statements to.

    :param news: new statements as a preassembly gets them
    :raises ValueError: if an agent has a place that is not two texts.
    :raises TypeError: if it is one that cannot be hashed.
    """
    index = _Index(rows)
    # Keys have no separators, and some no type: equal ones may be of other agents or classes.
    group_by_key = {row.key: row.group for row in rows}
    found = set()
    for statement in news:
        key = statement.matches_key()
        if key in group_by_key:
            found.add(group_by_key[key])
        places = places_by_role(statement)
        for row in index.candidates(type(statement).__name__, places[-1]):
            if row.group not in found and may_join(places, row.places):
                found.add(row.group)
    return found


class _Index:
    """Rows by type, and by the places in the last role, where most statements differ."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._by_place: dict[tuple[str, Place], list[Row]] = defaultdict(list)
        self._by_kind: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._by_kind[row.kind].append(row)
            for place in row.places[-1]:
                self._by_place[row.kind, place].append(row)

    def candidates(self, kind: str, places: Sequence[Place]) -> Iterable[Row]:
        """Yield all rows of a type with an agent in the last role that is related to one of these.

        An unknown agent is related to any.
        """
        if None in places:
            yield from self._by_kind.get(kind, ())
            return
        near = frozenset().union(*(related(place) for place in places if place), [None])
        for place in near:
            yield from self._by_place.get((kind, place), ())
