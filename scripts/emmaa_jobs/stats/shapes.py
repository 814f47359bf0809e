"""The three shapes in which statistics tell a number: distribution, delta and series."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from emmaa_jobs.statements.fields import Key, sort_key

K = TypeVar("K", str, int, Key)

Delta = dict[str, list[Any]]


def distribution(counts: Mapping[K, int]) -> list[list[K | int]]:
    """Return the counts as ``[key, count]``: the highest first, equal counts by key."""
    items = sorted(counts.items(), key=lambda item: (-item[1], sort_key(item[0])))
    return [[key, count] for key, count in items]


def delta(now: Collection[K], before: Collection[K] | None) -> Delta:
    """Return what was added and what was removed, each once and in order.

    :param before: None in a first round, which has no news: both lists are empty
    """
    if before is None:
        return {"added": [], "removed": []}
    new, old = set(now), set(before)
    return {
        "added": sorted(new - old, key=sort_key),
        "removed": sorted(old - new, key=sort_key),
    }


def extended(series: Mapping[str, Any] | None, name: str, value: Any) -> list[Any]:
    """Return a time series with one more element.

    :param series: the previous round's series by name; None or without ``name`` starts a new one
    """
    return [*(series or {}).get(name, []), value]
