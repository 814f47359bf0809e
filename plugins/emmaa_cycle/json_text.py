"""JSON of unknown origin, read within limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Levels of lists and objects within each other. Honest documents have about ten; a few hundred
#: end the copying, comparing and writing of a document with a RecursionError.
MAX_DEPTH = 100
_FRAMES = 1000
#: So much deeper a lenient reader lets documents be: the odd item itself is then refused.
_ENVELOPE = 50
#: Python converts no longer ones.
_MAX_DIGITS = 4000


class JsonTextError(ValueError):
    """A text is no JSON, or JSON beyond the limits; the message says where."""


def parse_json(
    content: bytes | str,
    *,
    lenient: bool = False,
    make_object: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Return the document that a text holds.

    :param content: text, or bytes in UTF-8, UTF-16 or UTF-32, with or without a byte order mark
    :param lenient: accept control characters in texts, put infinity for integers of thousands of
        digits, and empty what is nested far too deeply, so that one odd item does not cost the
        others. What uses the items must refuse those deeper than :data:`MAX_DEPTH`.
    :param make_object: makes an object of its fields, in order; the last of one name counts if None
    :raises JsonTextError: if it is no JSON or nested deeper than :data:`MAX_DEPTH`; if lenient,
        only if nested too deeply for any parser.
    """
    try:
        text = decode_json(content) if isinstance(content, bytes) else content
        with _usual_recursion_limit():
            document = json.loads(
                text,
                strict=not lenient,
                parse_int=_lenient_int if lenient else int,
                object_pairs_hook=make_object,
            )
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise JsonTextError(str(error)) from error
    if lenient:
        for part in _parts_below(document, MAX_DEPTH + _ENVELOPE):
            part.clear()
    elif is_deeper_than(document, MAX_DEPTH):
        raise _too_deep()
    return document


def decode_json(content: bytes) -> str:
    """Return the text of a JSON file, which may be in UTF-8, UTF-16 or UTF-32 (RFC 4627, 3).

    :raises UnicodeDecodeError: if it is not.
    """
    return content.decode(json.detect_encoding(content))


def json_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text of JSON lines that are not blank, with their numbers from 1.

    A newline alone ends a line. Texts in JSON may hold U+0085, U+2028 and U+2029, at which
    :meth:`str.splitlines` also splits.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def is_deeper_than(document: Any, depth: int) -> bool:
    """Return whether lists and objects are nested deeper than a number of levels."""
    return bool(_parts_below(document, depth))


def _parts_below(document: Any, depth: int) -> list[Any]:
    """Return the lists and objects that are directly below a number of levels of others."""
    level = [document] if isinstance(document, list | dict) else []
    for _ in range(depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
        if not level:
            break
    return level


def _too_deep() -> JsonTextError:
    return JsonTextError(f"lists and objects are nested deeper than {MAX_DEPTH} levels")


def _lenient_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


@contextmanager
def _usual_recursion_limit() -> Iterator[None]:
    """Keep the parser from the end of the C stack, which a raised limit would let it reach.

    Without this, jobs that allow deep recursion of their own crash on a deep document.
    """
    raised = sys.getrecursionlimit()
    if raised <= _FRAMES:
        yield
        return
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]
    sys.setrecursionlimit(min(raised, depth + _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(raised)
