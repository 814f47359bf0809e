"""Statistics of one test corpus in a round (docs/reference/statistics.md#test-statistics)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from emmaa_cycle.overview.from_statistics import corpus_figures
from emmaa_cycle.s3_layout import corpus_stats_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.statements.fields import bare_statement, statement_hash
from emmaa_jobs.statements.gate import NoStatementError, statement_label
from emmaa_jobs.stats.corpus_results import CorpusResults
from emmaa_jobs.stats.previous_round import PreviousStats, previous_corpus_stats
from emmaa_jobs.stats.shapes import Delta, delta, distribution, extended

TestResults = dict[str, dict[str, list[Any]]]


def make_corpus_stats(bucket: Bucket, model: str, corpus: str, date_str: str | None = None) -> str:
    """Make a round's statistics of one corpus and write them to the bucket.

    A second run of the same round writes the same bytes. Results that cannot be read are left out.

    :param date_str: the round's ``<dt>``; that of the latest results if None
    :returns: a summary in one line
    :raises MissingObjectError: if the round has no results of this corpus.
    :raises InputError: if the results or the previous statistics cannot be used.
    """
    results = CorpusResults.read(bucket, model, corpus, date_str)
    left_out = LeftOutList()
    previous = previous_corpus_stats(bucket, model, corpus, results.date, left_out)
    stats = corpus_stats(results, previous, left_out)
    left_out.save(bucket, model, f"{Stage.TEST_STATS}_{corpus}", results.date)
    key = corpus_stats_key(model, corpus, results.date)
    bucket.write_json(key, stats)
    summary = f"{key}: {_summary_line(stats, results.mc_types)}"
    summary = f"{summary}; {left_out.summary}" if left_out else summary
    return record_stage(
        bucket,
        model,
        Stage.TEST_STATS,
        results.date,
        lambda: corpus_figures(stats),
        summary,
        left_out=left_out,
        corpus=corpus,
    )


def corpus_stats(
    results: CorpusResults, previous: PreviousStats | None, left_out: LeftOutList
) -> dict[str, Any]:
    """Return the ``test_stats`` document.

    A test that stands twice in the corpus counts once: the original counted it twice among the
    applied tests and once among the passed ones, which distorted the ratio.

    :param previous: the previous statistics; None in a first round
    :param left_out: gets the results that cannot be read
    :raises InputError: if the previous statistics cannot be used.
    """
    tests = _test_results(results, left_out)
    counts = {mc_type: _passed_counts(tests, mc_type) for mc_type in results.mc_types}
    summary = {
        "test_data": results.header.get("test_data"),
        "number_applied_tests": len(tests),
        "all_test_results": tests,
        "path_stmt_counts": distribution(results.path_counts(left_out)),
        **counts,
    }
    return {
        "test_round_summary": summary,
        "tests_delta": _tests_delta(tests, results.mc_types, previous),
        "changes_over_time": _changes_over_time(results.date, len(tests), counts, previous),
    }


def _test_results(results: CorpusResults, left_out: LeftOutList) -> TestResults:
    tests: TestResults = {}
    for document, verdicts in results.tests(left_out):
        try:
            statement = bare_statement(document)
        except NoStatementError as error:
            left_out.add("test", statement_label(document), str(error), results.corpus)
            continue
        number = statement_hash(document, statement)
        tests[number] = {"test": ["", statement_sentence(statement), ""], **verdicts}
    return tests


def _passed_counts(tests: TestResults, mc_type: str) -> dict[str, float]:
    passed = len(_passed(tests, mc_type))
    return {
        "number_passed_tests": passed,
        "passed_ratio": passed / len(tests) if tests else 0,
    }


def _passed(tests: Mapping[str, Any], mc_type: str) -> list[str]:
    return [number for number, verdicts in tests.items() if _has_passed(verdicts, mc_type)]


def _has_passed(verdicts: Any, mc_type: str) -> bool:
    # Statistics of before may hold anything; what is no verdict is no pass.
    verdict = verdicts.get(mc_type) if isinstance(verdicts, Mapping) else None
    return isinstance(verdict, list) and verdict[:1] == ["Pass"]


def _tests_delta(
    tests: TestResults, mc_types: list[str], previous: PreviousStats | None
) -> dict[str, Any]:
    before = previous.field("test_round_summary", "all_test_results") if previous else None
    news: dict[str, Any] = {"applied_hashes_delta": delta(tests, before)}
    for mc_type in mc_types:
        news[mc_type] = {
            "passed_hashes_delta": _passed_delta(tests, mc_type, _passed_before(previous, mc_type))
        }
    return news


def _passed_delta(tests: TestResults, mc_type: str, before: Collection[str] | None) -> Delta:
    return delta(_passed(tests, mc_type), before)


def _passed_before(previous: PreviousStats | None, mc_type: str) -> list[str] | None:
    # A model type that the previous round did not have has no news yet, as in a first round.
    if previous is None or mc_type not in previous.section("test_round_summary"):
        return None
    return _passed(previous.field("test_round_summary", "all_test_results"), mc_type)


def _changes_over_time(
    date: str,
    applied: int,
    counts: Mapping[str, Mapping[str, float]],
    previous: PreviousStats | None,
) -> dict[str, Any]:
    series = previous.series if previous else {}
    changes: dict[str, Any] = {
        "number_applied_tests": extended(series, "number_applied_tests", applied),
        "dates": extended(series, "dates", date),
    }
    for mc_type, values in counts.items():
        before = series.get(mc_type)
        changes[mc_type] = {name: extended(before, name, value) for name, value in values.items()}
    return changes


def _summary_line(stats: Mapping[str, Any], mc_types: list[str]) -> str:
    summary = stats["test_round_summary"]
    added = stats["tests_delta"]["applied_hashes_delta"]["added"]
    passed = ", ".join(f"{mc} {summary[mc]['number_passed_tests']}" for mc in mc_types)
    return f"{summary['number_applied_tests']} tests (+{len(added)}), passed: {passed or 'none'}"
