"""Display names of models, from their configs (``human_readable_name``)."""

from __future__ import annotations

import re

#: Titles appear in the subjects of mails and in the dashboard's tables.
MAX_TITLE_LENGTH = 200
#: Control characters, lone surrogates, line separators, noncharacters, and characters that change
#: the direction of the surrounding text.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\ufffe\uffff]"
)
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[^?]*\?")


def title_fault(title: object) -> str | None:
    """Return the reason why a title cannot be shown; None if it can, or is missing.

    A title is only displayed, so a model with an invalid title runs under its short name.
    """
    if title is None or title == "":
        return None
    if not isinstance(title, str):
        return f"it is {title!r:.80}, not a text"
    if not title.strip():
        return "it is blank"
    if len(title) > MAX_TITLE_LENGTH:
        return f"it has {len(title)} characters, {MAX_TITLE_LENGTH} at most are allowed"
    if found := UNPRINTABLE.search(title):
        return f"it has the character U+{ord(found[0]):04X}, which is not printable"
    if _ENCODED_WORD.search(title):
        return "it has an encoded word (=?…?=), which mail programs would decode"
    return None
