"""A model's figures over time, from the statistics of one round (docs/reference/statistics.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.printable import printable_line

#: Rounds of a chart: some three years of daily ones.
MAX_ROUNDS = 1_000
_NAME_LENGTH = 300


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    :param values: one for each date of the chart; None where nothing is known
    """

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """Figures that share an axis.

    :param dates: the rounds' ``<dt>``, the newest last
    """

    name: str
    dates: tuple[str, ...]
    lines: tuple[Line, ...]


def model_charts(document: Any) -> tuple[Chart, ...]:
    """Return the charts of a ``model_stats`` document.

    :raises InputError: if its series cannot be read.
    """
    try:
        series = document["changes_over_time"]
        dates = _dates(series)
        names = {"statements": "number_of_statements", "papers": "number_of_raw_papers"}
        return tuple(
            Chart(name.capitalize(), dates, (_line(name, series.get(key), dates),))
            for name, key in names.items()
        )
    except ODD_CONTENT as error:
        raise _fault(error) from None


def corpus_charts(corpus: str, document: Any) -> tuple[Chart, ...]:
    """Return the chart of a ``test_stats`` document: applied tests, and passed ones by type.

    :raises InputError: if its series cannot be read.
    """
    try:
        series = document["changes_over_time"]
        dates = _dates(series)
        lines = [_line("applied", series.get("number_applied_tests"), dates)]
        lines += [
            _line(f"passed: {name}", each.get("number_passed_tests"), dates)
            for name, each in series.items()
            if isinstance(each, Mapping)
        ]
        return (Chart(f"Tests of {corpus}", dates, tuple(lines)),)
    except ODD_CONTENT as error:
        raise _fault(error) from None


def _dates(series: Mapping[str, Any]) -> tuple[str, ...]:
    dates = tuple(series["dates"][-MAX_ROUNDS:])
    for date in dates:
        parse_round(date)
    return dates


def _line(name: str, values: Any, dates: tuple[str, ...]) -> Line:
    """Return a line whose values are the newest ones: those of a later type are shorter."""
    newest = [_number(value) for value in (values or ())[-len(dates) :]] if dates else []
    padded = (*[None] * (len(dates) - len(newest)), *newest)
    return Line(printable_line(name, _NAME_LENGTH), padded)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.80} is no number")
    number = float(value)
    if number != number or abs(number) == float("inf"):
        raise ValueError(f"{value!r} is no number")
    return int(value) if number.is_integer() else number


def _fault(error: Exception) -> InputError:
    return InputError(f"its changes over time cannot be read: {type(error).__name__}: {error}")
