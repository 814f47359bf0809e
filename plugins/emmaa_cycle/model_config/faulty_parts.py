"""The parts of a config that fail alone: search terms, corpora, model types and export formats.

A fault in one of these affects only that part (docs/architecture.md, "The rule of isolation"): the
rest of the config is used, and the stage that needs the part lists it. A fault elsewhere decides
what the cycle does, so the config is refused.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from emmaa_cycle.left_out import LeftOut

#: The place of a field: names and, in lists, numbers.
Place = tuple[str | int, ...]

_TYPES: Place = ("test", "mc_types")
#: Lists of which each entry is such a part, with its kind.
_LISTS: tuple[tuple[Place, str], ...] = (
    (("search_terms",), "search term"),
    (("export_formats",), "export"),
    (_TYPES, "model type"),
    (("test", "test_corpus"), "corpus"),
)
#: The limits of each model type: without them, the type would not be tested as its owner wants.
_LIMITS: Place = ("test", "statement_checking")


class _Part(NamedTuple):
    """A part of a config.

    :param place: its place
    :param kind: one of :data:`emmaa_cycle.left_out.KINDS`
    """

    place: Place
    kind: str


def without_faulty_parts(
    document: dict[str, Any], faults: Iterable[tuple[Place, str]], where: str
) -> tuple[dict[str, Any], tuple[LeftOut, ...]] | None:
    """Return a copy of a config without the parts that have a fault, and those parts.

    :param faults: the place and the description of each fault
    :param where: the config's S3 key
    :returns: None if a fault is elsewhere
    """
    reasons: defaultdict[_Part, list[str]] = defaultdict(list)
    for place, fault in faults:
        part = _part_with(place)
        if part is None:
            return None
        reasons[part].append(fault)
    left_out = tuple(
        LeftOut(part.kind, _name(document, part.place), "; ".join(found), where)
        for part, found in reasons.items()
    )
    return _without(document, [part.place for part in reasons]), left_out


def _part_with(place: Place) -> _Part | None:
    for holder, kind in _LISTS:
        size = len(holder)
        if place[:size] == holder and len(place) > size:
            return _Part(place[: size + 1], kind)
    size = len(_LIMITS)
    if place[:size] == _LIMITS and len(place) > size + 1:
        return _Part(place[: size + 1], "model type")
    return None


def _name(document: dict[str, Any], place: Place) -> str:
    if place[:-1] == _LIMITS:
        return str(place[-1])
    value = _value(document, place)
    if isinstance(value, dict):
        value = value.get("name", value)
    return value if isinstance(value, str) and value else repr(value)


def _value(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def _without(document: dict[str, Any], places: list[Place]) -> dict[str, Any]:
    config = copy.deepcopy(document)
    types = [place[-1] for place in places if place[:-1] == _LIMITS]
    for mc_type in types:
        del _value(config, _LIMITS)[mc_type]
    if types:
        config["test"].setdefault("mc_types", ["pysb"])
    for holder, _ in _LISTS:
        numbers = {place[-1] for place in places if place[:-1] == holder}
        if numbers or (types and holder == _TYPES):
            entries = _value(config, holder)
            entries[:] = [
                entry
                for number, entry in enumerate(entries)
                if number not in numbers and not (holder == _TYPES and entry in types)
            ]
    return config
