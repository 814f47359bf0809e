"""Test corpora of the demo, and what each model is known to explain from which day on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from emmaa_cycle.errors import InputError

_TYPES = {"p": "pysb", "s": "signed_graph", "u": "unsigned_graph"}
_PART = re.compile(r"(?P<type>[psu])(@(?P<day>\d+))?")


@dataclass(frozen=True)
class CorpusTest:
    """A test, written as a fact.

    :param explained: by model, the model types that explain it, such as ``"p s@1"``: PySB from
        the first day on, the signed graph from day 1 on. A model that is not named never does.
    """

    text: str
    explained: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Corpus:
    """A test corpus that a person wrote.

    :param name: what configs call it
    """

    name: str
    title: str
    description: str
    tests: tuple[CorpusTest, ...]


@dataclass(frozen=True)
class MadeTest:
    """A test that a job makes of another model's statement.

    :param sentence: the statement's English
    :param model: the model that it is tested on
    :param applied_since: the first day on which that model knows its entities
    :param explained: as in :class:`CorpusTest`
    """

    sentence: str
    model: str
    applied_since: int
    explained: str


def explained_since(explained: str) -> dict[str, int]:
    """Read an ``explained`` text: by model type, the first day on which there is a path.

    :raises InputError: if a part is not ``<p|s|u>`` or ``<p|s|u>@<day>``.
    """
    days = {}
    for part in explained.split():
        match = _PART.fullmatch(part)
        if match is None:
            raise InputError(f"{part!r} is not p, s or u with an optional @<day>")
        days[_TYPES[match["type"]]] = int(match["day"] or 0)
    return days
