"""The numbers of a round that graphs and alarms follow (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from emmaa_cycle.errors import ODD_CONTENT
from emmaa_cycle.overview.combined import Combined
from emmaa_cycle.overview.figures import AssemblyFigures
from emmaa_cycle.round_assets import numbers_of_tests
from emmaa_cycle.stages import Stage

Unit = Literal["Count", "Percent", "Seconds"]


@dataclass(frozen=True)
class Metric:
    """One number of one round.

    :param labels: what it is about: ``model``, and where they apply ``corpus``, ``type``, ``stage``
    """

    name: str
    value: float
    unit: Unit
    labels: Mapping[str, str] = field(default_factory=dict)


def model_metrics(model: str, statistics: Any) -> Iterator[Metric]:
    """Yield the numbers of a model's statistics; none if they are no statistics."""
    try:
        count = int(statistics["model_summary"]["number_of_statements"])
        delta = statistics["model_delta"]["statements_hashes_delta"]
        numbers = {
            "statements": count,
            "statements_added": len(delta["added"]),
            "statements_removed": len(delta["removed"]),
        }
    except ODD_CONTENT:
        return
    for name, value in numbers.items():
        yield Metric(name, value, "Count", {"model": model})


def corpus_metrics(model: str, corpus: str, statistics: Any) -> Iterator[Metric]:
    """Yield the applied tests of a corpus, and the pass rate of each model type."""
    if not (numbers := numbers_of_tests(statistics)):
        return
    of_corpus, applied = {"model": model, "corpus": corpus}, numbers["applied"]
    yield Metric("tests_applied", applied, "Count", of_corpus)
    for kind, passed in numbers["passed"].items():
        rate = 100 * passed / applied if applied else 0.0
        yield Metric("pass_rate", rate, "Percent", {**of_corpus, "type": kind})


def job_metrics(model: str, date: str, combined: Combined) -> Iterator[Metric]:
    """Yield the seconds of the round's jobs by stage, those of its model update included.

    :param date: the round's ``<dt>``
    :param combined: the model's overview
    """
    assembly = combined.parts.get(Stage.MM_UPDATE)
    figures = assembly.part.figures if assembly and assembly.part.date == date else None
    state = figures.model_date if isinstance(figures, AssemblyFigures) else ""
    for kept in combined.parts.values():
        part = kept.part
        when = state if part.stage == Stage.MODEL_UPDATE else date
        found = [dates[when] for dates in kept.spent.values() if when in dates]
        if found:
            corpus = {"corpus": part.corpus} if part.corpus else {}
            labels = {"model": model, "stage": str(part.stage), **corpus}
            yield Metric("job_seconds", sum(found), "Seconds", labels)
