"""Plots of simulated amounts, as PNG. Equal input gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emmaa_jobs.simulation.simulator import Amounts

#: More lines are one thicket.
MAX_LINES = 10
_COLORS = {"low": "tab:red", "high": "tab:green"}


def plot_pattern(
    heading: tuple[str, str], times: Amounts, runs: Sequence[Amounts], threshold: float
) -> bytes:
    """Simulations of one amount, on the ground of what is low and what is high.

    :param heading: title, and the line below it
    :param times: in seconds
    :param runs: the first ten are drawn, equal ones once
    :param threshold: in molecules
    """
    distinct = {run.tobytes(): (number, run) for number, run in reversed([*enumerate(runs, 1)])}
    lines = {
        "amount" if len(distinct) == 1 else f"simulation {number}": run
        for number, run in sorted(distinct.values(), key=lambda each: each[0])[:MAX_LINES]
    }
    top = 1.15 * max(threshold, *(float(run.max()) for run in lines.values()))
    figure, axes = _axes(heading, times, lines, top)
    axes.axhspan(0, threshold, color=_COLORS["low"], alpha=0.1, label=f"low: to {threshold:.4g}")
    axes.axhspan(
        threshold, top, color=_COLORS["high"], alpha=0.1, label=f"high: over {threshold:.4g}"
    )
    return _png(figure, axes)


def plot_comparison(
    heading: tuple[str, str], times: Amounts, lines: Mapping[str, Amounts]
) -> bytes:
    """One amount under different conditions.

    :param heading: title, and the line below it
    :param times: in seconds
    :param lines: amounts by the condition's name
    """
    top = 1.15 * max(1.0, *(float(line.max()) for line in lines.values()))
    return _png(*_axes(heading, times, lines, top))


def _axes(
    heading: tuple[str, str], times: Amounts, lines: Mapping[str, Amounts], top: float
) -> tuple[Any, Any]:
    # Without pyplot, which keeps figures and asks for a display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for (label, amounts), style in zip(lines.items(), ["-", "--", "-.", ":"] * 3, strict=False):
        axes.plot(times, amounts, style, label=_plain(label), linewidth=2)
    figure.suptitle(_plain(heading[0]), fontsize=14)
    axes.set_title(_plain(heading[1]), fontsize=10, color="dimgray")
    axes.set_xlabel("time (s)")
    axes.set_ylabel("amount (molecules)")
    axes.set_xlim(0, float(times[-1]))
    axes.set_ylim(0, top)
    axes.grid(alpha=0.3)
    return figure, axes


def _png(figure: Any, axes: Any) -> bytes:
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    buffer = io.BytesIO()
    # No version of matplotlib in the file.
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def _plain(text: str) -> str:
    """A text that matplotlib does not read as a formula."""
    return text.replace("$", r"\$")
