"""Plots of simulated amounts, as PNG. Equal input gives equal bytes."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emmaa_jobs.simulation.simulator import Amounts

#: More lines are one thicket.
MAX_LINES = 10
_STYLES = ("-", "--", "-.", ":")


def pattern_figure(
    heading: tuple[str, str], times: Amounts, runs: Sequence[Amounts], threshold: float
) -> Any:
    """Draw simulations of one amount, with the low and the high range behind them.

    :param heading: title, and the line below it
    :param times: in seconds
    :param runs: the first ten that differ are drawn
    :param threshold: in molecules
    :returns: a matplotlib ``Figure``
    """
    lines = _named(runs)
    top = 1.15 * max(threshold, *(float(run.max()) for run in lines.values()))
    axes = _axes(heading, times, lines, top)
    bands = {"low": (0.0, threshold, "to"), "high": (threshold, top, "over")}
    for (level, (bottom, end, word)), color in zip(bands.items(), ("red", "green"), strict=True):
        label = f"{level}: {word} {threshold:,.6g}"
        axes.axhspan(bottom, end, color=f"tab:{color}", alpha=0.1, label=label)
    axes.axhline(threshold, color="gray", linestyle=":")
    return _with_legend(axes)


def comparison_figure(
    heading: tuple[str, str], times: Amounts, lines: Mapping[str, Amounts]
) -> Any:
    """One amount under different conditions.

    :param heading: title, and the line below it
    :param times: in seconds
    :param lines: amounts by the condition's name
    :returns: a matplotlib ``Figure``
    """
    top = 1.15 * max(1.0, *(float(line.max()) for line in lines.values()))
    return _with_legend(_axes(heading, times, lines, top))


def to_png(figure: Any) -> bytes:
    """Encode a figure as a file of 800 by 450 pixels, without matplotlib's version in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def _named(runs: Sequence[Amounts]) -> dict[str, Amounts]:
    first: dict[bytes, int] = {}
    for number, run in enumerate(runs):
        first.setdefault(run.tobytes(), number)
    if len(first) == 1:
        return {"amount": runs[0]}
    return {f"simulation {number + 1}": runs[number] for number in [*first.values()][:MAX_LINES]}


def _axes(
    heading: tuple[str, str], times: Amounts, lines: Mapping[str, Amounts], top: float
) -> Any:
    # Without pyplot, which keeps all figures and may ask for a display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, (label, amounts) in enumerate(lines.items()):
        style = _STYLES[number % len(_STYLES)]
        axes.plot(times, amounts, style, label=_plain(label, width=26), linewidth=2)
    _label(axes, heading)
    axes.set_xlim(0, float(times[-1]))
    axes.set_ylim(0, top)
    axes.grid(alpha=0.3)
    return axes


def _label(axes: Any, heading: tuple[str, str]) -> None:
    title, below = heading
    axes.set_title(_plain(title, width=60), fontsize=14, pad=24)
    place = {"xy": (0.5, 1.0), "xytext": (0, 8), "textcoords": "offset points"}
    text = _plain(below, width=90)
    axes.annotate(text, **place, xycoords="axes fraction", ha="center", color="dimgray")
    axes.set_xlabel("time (s)")
    axes.set_ylabel("amount (molecules)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.6g}")


def _with_legend(axes: Any) -> Any:
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return axes.figure


def _plain(text: str, width: int) -> str:
    """Wrap a text, and keep matplotlib from reading it as a formula."""
    return textwrap.fill(text, width).replace("$", r"\$")
