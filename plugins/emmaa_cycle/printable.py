"""Text of unknown origin, made safe to store and to show."""

from __future__ import annotations

import hashlib
import re

# C0 and C1 controls can rewrite a terminal; lone surrogates have no UTF-8; U+2028 and U+2029 end
# a line in some viewers.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE = re.compile("[\t\n]")
# Every character that XML 1.0 excludes, which covers what PostgreSQL excludes.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def storable_text(text: str) -> str:
    """Return the text without characters that PostgreSQL or XML cannot hold."""
    return _UNSTORABLE.sub("", text)


def printable(text: str) -> str:
    """Return the text with every character escaped that a log, a store or a mail cannot hold.

    Tabs and newlines stay. Escaped text passes unchanged.
    """
    return _UNSAFE.sub(_escaped, text)


def printable_line(text: str, limit: int) -> str:
    r"""Return the text as one printable line.

    :param limit: the maximum length; what is longer ends in ``…`` and a digest of the whole text,
        so that different texts stay different
    """
    line = _LINE.sub(_escaped, printable(text))
    if len(line) <= limit:
        return line
    ending = "…" + hashlib.sha256(line.encode()).hexdigest()[:8]
    return line[: limit - len(ending)] + ending


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    short = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}.get(code)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
