"""The table that a benchmark prints."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
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


HEAD = "| | ours | baseline | goal |\n|---|---|---|---|"


def line(row: Row) -> str:
    """Return a row in Markdown."""
    return f"| {row.what} | {row.ours} | {row.baseline} | {row.goal} |"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies, 0 < share < 1."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
