"""Results and earlier statistics with a part of any form: counted or named, never a fault."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings

from emmaa_cycle.errors import InputError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.stats.corpus_results import CorpusResults
from emmaa_jobs.stats.corpus_stats import corpus_stats
from emmaa_jobs.stats.model_round import ModelRound
from emmaa_jobs.stats.model_stats import model_stats
from emmaa_jobs.stats.previous_round import PreviousStats
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import ras_statements
from tests.jobs.odd_documents import changed
from tests.jobs.stats.conftest import checked

DAYS = ("2026-03-01-17-00-00", "2026-03-02-17-00-00")
GOOD = [each.to_json() for each in ras_statements()[:3]]
HEADER: dict[str, Any] = {"mc_types": ["pysb", "pybel"], "path_stmt_counts": {"1": 2}}
ENTRIES: list[Any] = [
    {"test_json": each, "pysb": checked("PATHS_FOUND"), "pybel": checked("NO_PATHS_FOUND")}
    for each in GOOD
]
often = settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def of_corpus(entries: list[Any], before: Any = None, header: Any = HEADER) -> dict[str, Any]:
    previous = None if before is None else PreviousStats("s3://b/k", DAYS[0], before)
    return corpus_stats(CorpusResults("c", DAYS[1], header, entries), previous, LeftOutList())


def of_model(before: Any = None) -> dict[str, Any]:
    previous = None if before is None else PreviousStats("s3://b/k", DAYS[0], before)
    this_round = ModelRound("m", DAYS[1], GOOD, GOOD, ["1"], "PMID")
    return model_stats(this_round, previous)


def whole_or_named(make: Callable[[], object]) -> None:
    with suppress(InputError):
        make()


BEFORE_CORPUS, BEFORE_MODEL = of_corpus(ENTRIES), of_model()


@given(entry=changed(ENTRIES[0]))
@often
def test_an_odd_result_costs_itself(entry: Any) -> None:
    others = copy.deepcopy(ENTRIES[1:])
    summary = of_corpus([entry, *others])["test_round_summary"]
    assert summary["number_applied_tests"] >= 2
    assert summary["pysb"]["number_passed_tests"] >= 2


@given(header=changed(HEADER).filter(lambda header: isinstance(header, dict)))
@often
def test_an_odd_header_is_named(header: Any) -> None:
    whole_or_named(lambda: of_corpus(ENTRIES, header=header))


@given(before=changed(BEFORE_CORPUS).filter(lambda document: isinstance(document, dict)))
@often
def test_odd_earlier_statistics_of_a_corpus_are_named(before: Any) -> None:
    whole_or_named(lambda: of_corpus(ENTRIES, before))


@given(before=changed(BEFORE_MODEL).filter(lambda document: isinstance(document, dict)))
@often
def test_odd_earlier_statistics_of_a_model_are_named(before: Any) -> None:
    whole_or_named(lambda: of_model(before))
