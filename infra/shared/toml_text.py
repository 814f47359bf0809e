"""Writing TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any


def to_toml(document: Mapping[str, Any]) -> str:
    """Write a document of tables, texts, numbers, truth values, dates and lists, keys in order.

    Lists hold no dates.
    """
    return "\n".join(_lines(document, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if path and plain:
        yield f"[{'.'.join(map(_key, path))}]"
    for key in sorted(plain):
        # JSON's texts, numbers, truth values and lists are TOML's, but for one control character.
        yield f"{_key(key)} = {_text(plain[key])}"
    for key in sorted(table.keys() - plain.keys()):
        yield from _lines(table[key], (*path, key))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: Any) -> str:
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")
