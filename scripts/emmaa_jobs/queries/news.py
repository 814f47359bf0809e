"""What is new in an answer: the items whose hashes no earlier answer of the query had."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class News:
    """The hashes of one answer against all before it.

    :param delta: hashes that are new, in order; none in the first answer ever
    :param all_hashes: the hashes of this and all earlier answers, in order
    """

    delta: list[str]
    all_hashes: list[str]


def find_news(hashes: Collection[str], known: Collection[str] | None) -> News:
    """Compare an answer with what earlier ones had.

    :param known: ``all_result_hashes`` of the answer before; None if this is the first
    """
    if known is None:
        return News([], sorted(set(hashes)))
    return News(sorted(set(hashes) - set(known)), sorted({*hashes, *known}))
