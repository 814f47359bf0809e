"""Statistics of rounds, as the gate judges them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from emmaa_cycle.dates import format_round
from emmaa_cycle.quality.findings import Finding

START = datetime(2026, 3, 1, 17, tzinfo=UTC)


def dates(count: int, *, days: float = 1) -> list[str]:
    return [format_round(START + timedelta(days=days * number)) for number in range(count)]


def model_stats(
    statements: int = 10,
    *,
    added: int = 0,
    removed: int = 0,
    papers: list[int] | None = None,
    days: float = 1,
    new_papers: int = 0,
) -> dict[str, Any]:
    counts = papers or [5, 6]
    return {
        "model_summary": {
            "number_of_statements": statements,
            "all_stmts": {str(number): ["", f"S{number}.", ""] for number in range(statements)},
        },
        "model_delta": {
            "statements_hashes_delta": {
                "added": [f"a{number}" for number in range(added)],
                "removed": [f"r{number}" for number in range(removed)],
            }
        },
        "paper_delta": {"raw_paper_ids_delta": {"added": list(range(new_papers)), "removed": []}},
        "changes_over_time": {
            "number_of_raw_papers": counts,
            "dates": dates(len(counts), days=days),
        },
    }


#: Applied tests, each with whether it passes.
Tests = Mapping[str, bool]


def corpus_stats(*rounds: Tests, kind: str = "pysb") -> dict[str, Any]:
    """Return the statistics of the last of the rounds."""
    now, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    verdicts = {
        number: {
            "test": ["", f"T{number}.", ""],
            kind: ["Pass", "a path"] if passes else ["Fail", "no path"],
        }
        for number, passes in now.items()
    }
    return {
        "test_round_summary": {
            "number_applied_tests": len(now),
            "test_data": {"name": "x"},
            "all_test_results": verdicts,
            kind: {"number_passed_tests": sum(now.values()), "passed_ratio": ratio(now)},
        },
        "tests_delta": {
            "applied_hashes_delta": changed(now, before),
            kind: {"passed_hashes_delta": changed(passing(now), before and passing(before))},
        },
        "changes_over_time": {
            kind: {"passed_ratio": [ratio(each) for each in rounds]},
            "dates": dates(len(rounds)),
        },
    }


def passing(tests: Tests) -> Tests:
    return {number: passes for number, passes in tests.items() if passes}


def ratio(tests: Tests) -> float:
    return sum(tests.values()) / len(tests) if tests else 0


def changed(now: Tests, before: Tests | None) -> dict[str, list[str]]:
    if before is None:
        return {"added": [], "removed": []}
    return {"added": sorted({*now} - {*before}), "removed": sorted({*before} - {*now})}


def some(passed: int, applied: int) -> Tests:
    return {str(number): number < passed for number in range(applied)}


def kinds(found: list[Finding]) -> list[str]:
    return [finding.kind for finding in found]
