"""Plots: what a reader finds on them, and that they are the same each time."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from emmaa_jobs.simulation.plots import MAX_LINES, comparison_figure, pattern_figure, to_png

TIMES = np.linspace(0, 20_000, 5)
RISE = np.array([0, 4_000, 8_000, 9_000, 10_000.0])
HEADING = ("Amount of active MAPK1 over time", "rasmodel, round 2026-03-02-17-05-00, by Kappa")


def texts(figure: Any) -> tuple[str, list[str], list[str]]:
    (axes,) = figure.axes
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    axis_labels = [axes.get_xlabel(), axes.get_ylabel()]
    return axes.get_title(), axis_labels, legend


def test_a_plot_tells_what_it_shows_in_which_units() -> None:
    title, axis_labels, legend = texts(pattern_figure(HEADING, TIMES, [RISE, RISE], 30))
    assert title == "Amount of active MAPK1 over time"
    assert axis_labels == ["time (s)", "amount (molecules)"]
    assert legend == ["amount", "low: to 30", "high: over 30"]


def test_simulations_that_differ_are_told_apart() -> None:
    runs = [RISE, RISE * 0.9, RISE]
    figure = pattern_figure(HEADING, TIMES, runs, 10_010)
    assert texts(figure)[2] == [
        "simulation 1",
        "simulation 2",
        "low: to 10,010",
        "high: over 10,010",
    ]
    many = pattern_figure(HEADING, TIMES, [RISE * factor for factor in range(40)], 30)
    assert len(texts(many)[2]) == MAX_LINES + 2


def test_conditions_are_in_the_legend() -> None:
    lines = {"no EGF": RISE * 0, "100 × EGF": RISE}
    figure = comparison_figure(HEADING, TIMES, lines)
    assert texts(figure)[2] == ["no EGF", "100 × EGF"]
    (axes,) = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [list(RISE * 0), list(RISE)]
    assert axes.get_ylim()[1] > 10_000


def test_all_amounts_and_the_threshold_are_in_view() -> None:
    (axes,) = pattern_figure(HEADING, TIMES, [RISE / 1e4], 30).axes
    assert axes.get_ylim()[1] > 30
    assert axes.get_xlim() == (0, 20_000)


def test_names_are_no_formulas() -> None:
    figure = comparison_figure(("Amount of $x_1", "A$AP_{2}"), TIMES, {"no $alpha$": RISE})
    assert to_png(figure).startswith(b"\x89PNG")
    assert texts(figure)[0] == r"Amount of \$x_1"


def test_a_long_title_is_broken_into_lines() -> None:
    title = texts(comparison_figure(("A long name " * 10, ""), TIMES, {"a": RISE}))[0]
    assert all(len(line) <= 60 for line in title.splitlines())
    assert len(title.splitlines()) == 2


def test_equal_plots_are_equal_files() -> None:
    one, other = (to_png(pattern_figure(HEADING, TIMES, [RISE], 30)) for _ in range(2))
    assert one == other
    assert one[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", one[16:24]) == (800, 450)
    assert b"Software" not in one
