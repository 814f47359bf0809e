"""The items of a long JSON list, parsed part by part.

A model of hundreds of thousands of statements, parsed as a whole, takes gigabytes before the first
one is looked at. Lists that this project writes are indented by 1, so that they can be cut
between two items; any other list comes as one part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from emmaa_cycle.json_text import parse_json

#: Characters of one part, about a thousand statements.
PART = 1 << 20
#: Between two objects of a list that is indented by 1. Texts in JSON hold no newline, so a part
#: that ends here is only valid if its end is one of the list's own items.
_BETWEEN = "\n },\n {"
_END, _START = _BETWEEN.split(",")


def json_items(file: TextIO, part: int = PART) -> Iterator[Any]:
    """Yield the items of the JSON list that a file holds.

    :param part: characters to parse at a time, more where an item is longer
    :raises ValueError: where the text is no JSON list, or not one that can be cut. Items that were
        yielded before are those of the list.
    """
    for text in json_parts(file, part):
        yield from _parsed(text)


def json_parts(file: TextIO, part: int = PART) -> Iterator[str]:
    """Yield the JSON list that a file holds as several lists, each the text of some items.

    :param part: characters of one list, more where an item is longer
    """
    rest = ""
    start = ""
    while text := file.read(part):
        known = max(0, len(rest) - len(_BETWEEN))
        rest += text
        cut = rest.rfind(_BETWEEN, known)
        if cut >= 0:
            cut += len(_END)
            yield f"{start}{rest[:cut]}]"
            start, rest = "[", rest[cut + 1 :]
    yield start + rest


def object_count(part: str) -> int:
    """Return the number of items in a part of a list of objects that is indented by 1."""
    return part.count(_BETWEEN) + ("{" in part)


def object_around(part: str, position: int) -> str:
    """Return the text of the item at a position in a part of such a list."""
    start = part.rindex(_START, 0, position) + len("\n ")
    end = part.index(_END, position) + len(_END)
    return part[start:end]


def object_texts(part: str) -> list[str]:
    """Return the text of each item in a part of such a list."""
    inner = part[1:-1].strip("\n")
    if not inner:
        return []
    bodies = inner[len(" {") : -len(_END)].split(_BETWEEN)
    return [f"{{{body}{_END}" for body in bodies]


def object_list(texts: Iterable[str]) -> str:
    """Return such a list of items whose texts :func:`object_texts` returned."""
    inner = ",\n ".join(texts)
    return f"[\n {inner}\n]" if inner else "[]"


def _parsed(text: str) -> list[Any]:
    found = parse_json(text)
    if not isinstance(found, list):
        raise ValueError(f"a JSON {type(found).__name__}, not a list")
    return found
