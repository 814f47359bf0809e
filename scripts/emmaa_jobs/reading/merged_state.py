"""A model's new state: the statements of the one before, and what the readings add to them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from emmaa_jobs.bucket import gzip_json_items
from emmaa_jobs.json_items import json_parts, object_around, object_count
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.model_file import State
from emmaa_jobs.reading.acceptance import SOURCE
from emmaa_jobs.reading.literature import ReadingResult
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement, sealed_emmaa_statement
from emmaa_jobs.statements.identity import reading_hash, without_copies

#: Events have a number, other statements its text.
_HASH = re.compile(r'"matches_hash": "?(-?[0-9]+)')


@dataclass(frozen=True)
class MergedState:
    """The content of a new state.

    :param before: the number of statements that the state before had
    :param after: the number of statements of this one
    """

    content: bytes
    before: int
    after: int


def merged_state(state: State | None, found: ReadingResult, left_out: LeftOutList) -> MergedState:
    """Add the statements that were found and are new to a state, without exact copies.

    Statements pass by one at a time, so memory follows what is new; those of a sealed state pass as
    text.

    :param state: the state before; None if there is none
    :param left_out: where its statements that not all later stages can hold are noted
    """
    if state is not None and state.is_sealed and not found.collections:
        return _appended(json_parts(state.stored.text()), found.statements)
    earlier = _Counted(state.statements(left_out) if state else ())
    held = still_held(earlier, found)
    merged = _Counted(without_copies(itertools.chain(held, found.statements)))
    content = gzip_json_items(statement.to_json() for statement in merged)
    return MergedState(content, earlier.count, merged.count)


def _appended(parts: Iterable[str], found: Sequence[EmmaaStatement]) -> MergedState:
    """Add what is new to the text of a sealed state, which has no copies.

    Copies have one hash, which stands in the text: few of its statements need to be looked at.
    """
    passing = _Passing({str(item.stmt.get_hash(shallow=True, refresh=True)) for item in found})
    new = _Counted(
        item for item in without_copies(found) if reading_hash(item.stmt) not in passing.readings
    )
    content = gzip_json_items((item.to_json() for item in new), earlier=passing.through(parts))
    return MergedState(content, passing.count, passing.count + new.count)


class _Passing:
    """Statements that pass as text.

    :param hashes: the hashes of those that are looked at, as they stand in the text
    """

    def __init__(self, hashes: set[str]) -> None:
        self.count = 0
        #: The readings of those that were looked at.
        self.readings: set[int] = set()
        self._hashes = hashes

    def through(self, parts: Iterable[str]) -> Iterator[str]:
        for text in parts:
            self.count += object_count(text)
            for match in _HASH.finditer(text):
                if match[1] in self._hashes:
                    item = sealed_emmaa_statement(json.loads(object_around(text, match.start())))
                    self.readings.add(reading_hash(item.stmt))
            yield text


class _Counted(Iterable[EmmaaStatement]):
    """Statements that are counted as they pass."""

    def __init__(self, statements: Iterable[EmmaaStatement]) -> None:
        self._statements = statements
        self.count = 0

    def __iter__(self) -> Iterator[EmmaaStatement]:
        for statement in self._statements:
            self.count += 1
            yield statement


def still_held(
    statements: Iterable[EmmaaStatement], found: ReadingResult
) -> Iterable[EmmaaStatement]:
    """Drop the statements that are no longer in a collection that was read as a whole.

    Readings are never among these: a collection replaces what came with it, and nothing else.
    """
    if not found.collections:
        return statements
    now = {reading_hash(item.stmt): item.metadata for item in found.statements}
    return (
        item
        for item in statements
        if not _came_from(item, found.collections)
        or now.get(reading_hash(item.stmt)) == item.metadata
    )


def _came_from(item: EmmaaStatement, collections: Container[str]) -> bool:
    source = item.metadata.get(SOURCE)
    return isinstance(source, str) and source in collections
