"""Names and statements of unknown origin, as one line of a message.

A line break in a name could begin a line that looks like the service's own, and a direction
override could show a link's text backwards.
"""

from __future__ import annotations

import re

from emmaa_cycle.titles import UNPRINTABLE

#: The longest text of one name or statement in a message.
MAX_LENGTH = 500
_CUT = "…"
_ENCODED_WORD = re.compile(r"=(?=\?)")


def one_line(text: object, longest: int = MAX_LENGTH) -> str:
    """Return the text on one line, without characters that no mail or tweet can show.

    :param longest: characters; what is longer is cut and ends in ``…``
    """
    line = " ".join(UNPRINTABLE.sub(" ", str(text)).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + _CUT


def header_text(text: str) -> str:
    """Return the text as a header can carry it: on one line and without an encoded word.

    A mail library decodes ``=?utf-8?q?…?=`` (RFC 2047) in what it is given, and a decoded line
    break would begin another header.
    """
    return _ENCODED_WORD.sub("= ", one_line(text))
