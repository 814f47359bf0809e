"""A state's raw statements as text, of which only some are parsed."""

from __future__ import annotations

import hashlib
import itertools
import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from emmaa_jobs.json_items import json_parts, object_count, object_list, object_texts
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement, sealed_emmaa_statement

if TYPE_CHECKING:
    from emmaa_jobs.model.model_file import State


@dataclass(frozen=True)
class RawItems:
    """The statements of a sealed state.

    :param parts: JSON lists, each the text of some statements
    """

    parts: list[str]

    @classmethod
    def of(cls, state: State) -> RawItems:
        """Unpack the text of a state."""
        return cls(list(json_parts(state.stored.text())))

    @cached_property
    def _ends(self) -> list[int]:
        return list(itertools.accumulate(object_count(part) for part in self.parts))

    @property
    def count(self) -> int:
        """The number of statements."""
        return self._ends[-1]

    def statements(self, numbers: Iterable[int]) -> dict[int, EmmaaStatement]:
        """Parse the statements with these numbers, in their order."""
        wanted = sorted(numbers)
        found = {}
        start = 0
        for part, end in zip(self.parts, self._ends, strict=True):
            here = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
            texts = object_texts(part) if here else []
            for number in here:
                found[number] = sealed_emmaa_statement(json.loads(texts[number - start]))
            start = end
        return found


def text_digests(parts: Iterable[str], count: int = 0) -> tuple[str, str]:
    """Return hashes of the text of statements, which do not depend on how it is cut.

    :param parts: as :func:`json_parts` yields them
    :returns: a hash of the first ``count`` statements, and one of all
    """
    found = hashlib.blake2b(digest_size=32)
    of_first = ""
    end = 0
    for part in parts:
        found.update(b",\n" if end else b"")
        start, end = end, end + object_count(part)
        if not of_first and end >= count:
            first = found.copy()
            first.update(_inner(object_list(object_texts(part)[: count - start])))
            of_first = first.hexdigest()
        found.update(_inner(part))
    return of_first, found.hexdigest()


def _inner(part: str) -> bytes:
    return part[1:-1].strip("\n").encode()
