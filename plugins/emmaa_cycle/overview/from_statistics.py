"""The figures of a round, taken from its statistics (docs/reference/statistics.md).

The statistics jobs use this for the round that they have just made; the page and the command for
past rounds use it for models that have statistics alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.overview.figures import (
    MAX_NEWS,
    MAX_POINTS,
    CorpusFigures,
    ModelFigures,
    NewStatement,
    TypeFigures,
)
from emmaa_cycle.validation import described

#: Digits of a pass rate.
_DIGITS = 4
F = TypeVar("F")


def model_figures(document: Any) -> ModelFigures:
    """Return the figures of a ``model_stats`` document.

    :raises InputError: if it is none.
    """
    return _read(lambda: _model_figures(document), "model statistics")


def corpus_figures(document: Any) -> CorpusFigures:
    """Return the figures of a ``test_stats`` document.

    :raises InputError: if it is none.
    """
    return _read(lambda: _corpus_figures(document), "test statistics")


def _read(make: Callable[[], F], what: str) -> F:
    try:
        return make()
    except ValidationError as error:
        raise InputError(f"these are no {what}: {described(error)}") from None
    except ODD_CONTENT as error:
        raise InputError(f"these are no {what}: {type(error).__name__}: {error}") from None


def _model_figures(document: Any) -> ModelFigures:
    summary, series = document["model_summary"], document["changes_over_time"]
    delta = document["model_delta"]["statements_hashes_delta"]
    # Statistics of before there were papers in them have neither section.
    papers = document.get("paper_summary") or {}
    news = ((document.get("paper_delta") or {}).get("raw_paper_ids_delta") or {}).get("added")
    return ModelFigures(
        statements=summary["number_of_statements"],
        added=len(delta["added"]),
        removed=len(delta["removed"]),
        papers=papers.get("number_of_raw_papers") or 0,
        new_papers=len(news or ()),
        news=_news(summary, delta["added"]),
        dates=tuple(series["dates"][-MAX_POINTS:]),
        statement_series=_aligned(series, "number_of_statements"),
        paper_series=_aligned(series, "number_of_raw_papers"),
    )


def _news(summary: Mapping[str, Any], added: Sequence[Any]) -> tuple[NewStatement, ...]:
    evidence = {str(key): count for key, count in summary.get("stmts_by_evidence") or ()}
    sentences = summary["all_stmts"]
    known = [str(key) for key in added if str(key) in sentences]
    known.sort(key=lambda key: (-evidence.get(key, 0), key))
    return tuple(
        NewStatement(hash=key, sentence=sentences[key][1], evidence=evidence.get(key, 0))
        for key in known[:MAX_NEWS]
    )


def _corpus_figures(document: Any) -> CorpusFigures:
    summary, series = document["test_round_summary"], document["changes_over_time"]
    delta = document["tests_delta"]
    types = {
        mc_type: _type_figures(figures, delta.get(mc_type) or {}, series, mc_type)
        for mc_type, figures in summary.items()
        if isinstance(figures, Mapping) and "number_passed_tests" in figures
    }
    name = (summary.get("test_data") or {}).get("name")
    return CorpusFigures(
        name=name if isinstance(name, str) else "",
        applied=summary["number_applied_tests"],
        types=types,
        dates=tuple(series["dates"][-MAX_POINTS:]),
    )


def _type_figures(
    figures: Mapping[str, Any], delta: Mapping[str, Any], series: Mapping[str, Any], mc_type: str
) -> TypeFigures:
    ratios = _aligned(series.get(mc_type) or {}, "passed_ratio", dates=series["dates"])
    rounded = tuple(ratio if ratio is None else round(ratio, _DIGITS) for ratio in ratios)
    passed = delta.get("passed_hashes_delta") or {}
    before = ratios[-2] if len(ratios) > 1 else None
    ratio = figures["passed_ratio"]
    return TypeFigures(
        passed=figures["number_passed_tests"],
        ratio=round(ratio, _DIGITS),
        change=None if before is None else round(ratio - before, _DIGITS),
        newly_passed=len(passed.get("added") or ()),
        newly_failed=len(passed.get("removed") or ()),
        series=rounded,
    )


def _aligned(
    series: Mapping[str, Any], name: str, dates: Sequence[Any] | None = None
) -> tuple[Any, ...]:
    """Return the newest values of a series, None where it began later than the dates."""
    values, all_dates = series.get(name) or (), series["dates"] if dates is None else dates
    padded = [*[None] * (len(all_dates) - len(values)), *values]
    return tuple(padded[-MAX_POINTS:])
