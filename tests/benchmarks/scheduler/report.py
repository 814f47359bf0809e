"""The table that a benchmark prints."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    :param baseline: the same figure of what the project is compared with; empty if there is none
    :param goal: what issue 4 asks for; empty if it states none
    """

    what: str
    ours: str
    baseline: str = ""
    goal: str = ""


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| | ours | baseline | goal |", "|---|---|---|---|"]
    lines += [f"| {r.what} | {r.ours} | {r.baseline} | {r.goal} |" for r in rows]
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, 0 < share < 1."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
