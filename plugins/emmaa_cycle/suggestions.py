"""Answers to a name that does not exist: those it was probably meant for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_SUGGESTED = 3
_LISTED = 20


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names most like a name, the best first, at most three.

    Case does not count. A part of a known name is like it, however short it is beside the whole.
    """
    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(each.casefold(), each)
    wanted = name.strip().casefold()
    similar = difflib.get_close_matches(wanted, folded, _SUGGESTED)
    parts = sorted(each for each in folded if wanted and wanted in each)
    return [folded[each] for each in dict.fromkeys([*similar, *parts])][:_SUGGESTED]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'rasmodel'?``, or an empty text if no known name is like it."""
    found = nearest(name, known)
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""


def listed(names: Sequence[str]) -> str:
    """Return the names in one line, at most twenty of them, or ``none``."""
    shown = ", ".join(names[:_LISTED]) or "none"
    rest = len(names) - _LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown
