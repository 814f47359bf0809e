"""JSON text as it stands in the bucket: indented by 1, or one document a line.

Python's own encoder indents in Python, piece by piece, and takes three times as long. The text is
the same, character for character.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import Any


def encode_json(document: Any) -> bytes:
    """Encode a JSON document, indented by 1: the form of all JSON in the bucket."""
    return _utf8(_indented(document, "\n"))


def encode_json_lines(documents: Iterable[Any]) -> bytes:
    """One JSON document a line, lines joined by a newline."""
    return _utf8("\n".join(json.dumps(each, ensure_ascii=False) for each in documents))


def encode_json_rows(items: Iterable[Any]) -> bytes:
    """Encode a JSON list, one item a line: a third smaller than indented where nesting is deep."""
    rows = (json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in items)
    return _utf8("[" + ",\n".join(rows) + "]")


def encoded_items(items: Iterable[Any], earlier: Iterable[str] = ()) -> Iterator[bytes]:
    """Yield the parts of :func:`encode_json` of a list, one for each item, and its end.

    :param earlier: encoded lists whose items come first
    """
    start = "["
    for part in earlier:
        if inner := part[1:-1].rstrip("\n"):
            yield _utf8(start + inner)
            start = ","
    for item in items:
        yield _utf8(f"{start}\n {_indented(item, _NEXT)}")
        start = ","
    yield b"[]" if start == "[" else b"\n]"


_NEXT = "\n "
_CONSTANTS = {True: "true", False: "false", None: "null"}


def _indented(value: Any, newline: str) -> str:
    """Return a value's text; lines after the first begin with ``newline``."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    # Statements are of a subclass.
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = newline + " "
        fields = [f"{_key(name)}: {_indented(each, inner)}" for name, each in value.items()]
        return f"{{{inner}{f',{inner}'.join(fields)}{newline}}}"
    if kind is list or kind is tuple:
        if not value:
            return "[]"
        inner = newline + " "
        return f"[{inner}{f',{inner}'.join([_indented(each, inner) for each in value])}{newline}]"
    if kind is int:
        return int.__repr__(value)
    if kind is bool or value is None:
        return _CONSTANTS[value]
    # What is rare, or no JSON: its own subclasses of the above among them.
    return json.dumps(value, indent=1, ensure_ascii=False).replace("\n", newline)


def _key(name: Any) -> str:
    if type(name) is str:
        return encode_basestring(name)
    # Numbers and constants become texts; anything else is an error.
    return json.dumps({name: 0}, ensure_ascii=False)[1:-4]


def _utf8(text: str) -> bytes:
    # UTF-8 has no lone surrogates; their escapes in Python are those in JSON.
    return text.encode(errors="backslashreplace")
