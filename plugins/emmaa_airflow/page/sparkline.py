"""Small charts as inline SVG: numbers alone, nothing of them is text of others."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 72, 18
_MARGIN = 3


def sparkline(values: Sequence[float | None]) -> str:
    """Return an SVG of a series, its gaps left out; empty for fewer than two points."""
    points = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return ""
    low, high = min(value for _, value in points), max(value for _, value in points)
    across, up = (WIDTH - 2 * _MARGIN) / (len(values) - 1), HEIGHT - 2 * _MARGIN
    places = [
        (_MARGIN + index * across, HEIGHT - _MARGIN - _share(value, low, high) * up)
        for index, value in points
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg class="spark" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f'<polyline points="{path}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2"/></svg>'
    )


def _share(value: float, low: float, high: float) -> float:
    # A flat line is drawn in the middle.
    return (value - low) / (high - low) if high > low else 0.5
