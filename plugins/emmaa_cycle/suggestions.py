"""Suggestions of similar names for a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_SUGGESTED = 3
_LISTED = 20
#: Maximum length of a name in messages; it may be a whole file that was pasted into a form.
_LONGEST = 80


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names most similar to a name, the best first, at most three.

    Case does not count. A part of a known name is similar to it, however short.
    """
    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(each.casefold(), each)
    wanted = name.strip().casefold()
    similar = difflib.get_close_matches(wanted, folded, _SUGGESTED)
    parts = sorted(each for each in folded if wanted and wanted in each)
    return [folded[each] for each in dict.fromkeys([*similar, *parts])][:_SUGGESTED]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'rasmodel'?``, or an empty text if no known name is similar."""
    found = nearest(name, known)
    return f"; did you mean {' or '.join(map(quoted, found))}?" if found else ""


def quoted(name: str) -> str:
    """Return a name in quotation marks, truncated if it is very long."""
    return repr(_cut(name))


def listed(names: Sequence[str]) -> str:
    """Return the names in one line, at most twenty of them, or ``none``."""
    shown = ", ".join(map(_cut, names[:_LISTED])) or "none"
    rest = len(names) - _LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
