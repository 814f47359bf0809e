"""News in an answer: the items whose hashes no earlier answer of the query had."""

from __future__ import annotations

import hashlib
import json
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


def news_item(query_hash: int, mc_type: str, when: str, delta: Collection[str]) -> str:
    """Return the item under which the ledger keeps one answer's news.

    It is made of the content, not of the row's id: answering a round again is no news unless the
    delta differs.

    :param when: the round (``<dt>``), or the answer's moment where it has none
    :param delta: hashes that are new
    """
    digest = hashlib.sha256("\n".join(sorted(delta)).encode()).hexdigest()[:16]
    return json.dumps(["query", query_hash, mc_type, when, digest])


def find_news(hashes: Collection[str], known: Collection[str] | None) -> News:
    """Compare an answer with what earlier ones had.

    :param known: ``all_result_hashes`` of the answer before; None if this is the first
    """
    if known is None:
        return News([], sorted(set(hashes)))
    return News(sorted(set(hashes) - set(known)), sorted({*hashes, *known}))
