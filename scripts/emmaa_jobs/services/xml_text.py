"""XML of unknown origin, read within limits and without anything that it refers to."""

from __future__ import annotations

import codecs
import re
from html.entities import html5
from typing import Any

from lxml import etree

# What XML 1.0 has no place for, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
_NAMED = re.compile(r"&(\w+);")
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_REPLACEMENT = "\ufffd"


class XmlTextError(ValueError):
    """A text is no XML that can be read; the message has line, column and reason."""


def parse_xml(content: bytes) -> Any:
    """Return the root element, as of lxml, of a document in any encoding that it declares.

    Entities that the document declares are not expanded, so no file grows as it is read, and
    nothing that it refers to is loaded. One character that XML cannot hold, or one of HTML's
    names (``&alpha;``), costs itself: the replacement character, or the named one, takes its
    place.

    :raises XmlTextError: if it is no XML, or uses an entity that it declares.
    """
    try:
        return _parsed(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        text = _decoded(content)
        if text is None:
            raise XmlTextError(_fault(error)) from error
        mended = _NAMED.sub(_character, _NUMBERED.sub(_allowed, _FORBIDDEN.sub(_REPLACEMENT, text)))
    try:
        return _parsed(_DECLARATION.sub("", mended).encode())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlTextError(_fault(error)) from error


def _parsed(content: bytes) -> Any:
    root = etree.fromstring(content, _parser())
    entity = next(root.iter(etree.Entity), None)
    if entity is not None:
        raise XmlTextError(f"line {entity.sourceline}: entity {entity.text} is not expanded")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip


def _fault(error: Exception) -> str:
    if isinstance(error, etree.XMLSyntaxError) and error.lineno:
        reason = re.sub(r", line \d+, column \d+.*", "", str(error.msg), flags=re.DOTALL)
        return f"line {error.lineno}, column {error.offset}: {reason}"
    return f"{error}"


def _decoded(content: bytes) -> str | None:
    """Return the text by its mark, as UTF-8, or by the encoding that it declares; None if odd."""
    names = [name for mark, name in _MARKS if content.startswith(mark)] or ["utf-8"]
    if declared := _ENCODING.match(content):
        names.append(declared[1].decode())
    for name in names:
        try:
            text = content.decode(name)
        except (LookupError, UnicodeError):
            continue
        if isinstance(text, str):
            return text
    # Some bytes are not of the encoding: they cost themselves.
    return content.decode(names[0], "replace") if names[0].startswith("utf-8") else None


def _allowed(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    # Seven digits hold every character there is.
    code = int(digits, 16 if match[1] else 10) if len(digits.lstrip("0")) <= 7 else 0
    legal = code <= 0x10FFFF and not _FORBIDDEN.match(chr(code))
    return match[0] if legal else _REPLACEMENT


def _character(match: re.Match[str]) -> str:
    known = None if match[1] in _PREDEFINED else html5.get(f"{match[1]};")
    return match[0] if known is None else re.sub("[<&]", lambda m: f"&#{ord(m[0])};", known)
