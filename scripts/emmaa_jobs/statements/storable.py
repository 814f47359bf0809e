"""Text and JSON that every later stage can store.

PostgreSQL holds no NUL and no lone surrogate, XML 1.0 (exports, SBGN, TRIPS) none of the other
control characters, and JSON no NaN. Such characters carry no meaning in names or sentences: they
are removed. Numbers that are not finite become ``null``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from emmaa_cycle.printable import storable_text

#: Escapes of what no store holds in ASCII JSON. Pairs of surrogates match too, and are found to be
#: fine.
_ESCAPES = re.compile(r"\\u(00[01]|d[89a-f]|fff[ef])|\\[bf]")
#: Nesting that recursive code in every stage can walk.
MAX_DEPTH = 100


class UnstorableError(ValueError):
    """A value that no later stage could store, even without odd characters."""


def storable_json(value: Any) -> Any:
    """Return a JSON value without what cannot be stored; the value itself if all of it can.

    :raises UnstorableError: if it is no JSON, or nested too deeply.
    """
    text = _encoded(value)
    if text is not None and not _ESCAPES.search(text) and _is_flat(text):
        return value
    try:
        cleaned = _cleaned(value, 0)
        json.dumps(cleaned, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UnstorableError(f"it cannot be written as JSON: {error}") from error
    return cleaned


def _encoded(value: Any) -> str | None:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def _is_flat(text: str) -> bool:
    return text.count("[") + text.count("{") <= MAX_DEPTH


def _cleaned(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise UnstorableError(f"it is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {storable_text(str(k)): _cleaned(item, depth + 1) for k, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item, depth + 1) for item in value]
    return value
