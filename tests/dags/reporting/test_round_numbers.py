"""The numbers of a round in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.reporting.run_results import passed_tests, statements


def model_stats(count: int, added: int, removed: int) -> dict[str, Any]:
    delta = {"added": ["h"] * added, "removed": ["h"] * removed}
    return {
        "model_summary": {"number_of_statements": count},
        "model_delta": {"statements_hashes_delta": delta},
    }


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((22, 5, 1), "22 statements (+5 −1)"),
        ((22, 0, 3), "22 statements (−3)"),
        ((1, 1, 0), "1 statement (+1)"),
        ((18, 0, 0), "18 statements"),
    ],
)
def test_statements_and_what_changed(numbers: tuple[int, int, int], text: str) -> None:
    assert statements(model_stats(*numbers)) == text


def corpus_stats(now: dict[str, set[str]], before: dict[str, set[str]]) -> dict[str, Any]:
    """Statistics of ten tests, by what each model type passes, as the jobs write them."""
    results: dict[str, Any] = {
        str(test): {
            "test": ["", "", ""],
            **{kind: ["Pass" if str(test) in passed else "Fail"] for kind, passed in now.items()},
        }
        for test in range(10)
    }
    summary: dict[str, Any] = {
        "test_data": {"name": "A corpus"},
        "number_applied_tests": 10,
        "all_test_results": results,
    }
    deltas: dict[str, Any] = {"applied_hashes_delta": {"added": [], "removed": []}}
    for kind, passed in now.items():
        summary[kind] = {"number_passed_tests": len(passed), "passed_ratio": len(passed) / 10}
        added, removed = passed - before[kind], before[kind] - passed
        deltas[kind] = {"passed_hashes_delta": {"added": list(added), "removed": list(removed)}}
    return {"test_round_summary": summary, "tests_delta": deltas}


TESTS = st.sets(st.sampled_from([str(test) for test in range(10)]))


@given(now=st.tuples(TESTS, TESTS), before=st.tuples(TESTS, TESTS))
def test_passed_tests_are_those_of_the_first_model_type(
    now: tuple[set[str], set[str]], before: tuple[set[str], set[str]]
) -> None:
    kinds = ("signed_graph", "pysb")
    stats = corpus_stats(dict(zip(kinds, now, strict=True)), dict(zip(kinds, before, strict=True)))
    new, gone = len(now[0] - before[0]), len(before[0] - now[0])
    change = " ".join([*([f"+{new}"] if new else []), *([f"−{gone}"] if gone else [])])
    text = passed_tests("c", stats)
    assert text == f"c {len(now[0])}/10{f' ({change})' if change else ''}"


def test_a_corpus_of_a_model_without_types_has_no_passed_tests() -> None:
    assert passed_tests("ras_tests", corpus_stats({}, {})) == "ras_tests 10 applied"


def test_a_first_round_has_no_change() -> None:
    stats = corpus_stats({"pysb": {"1", "2"}}, {"pysb": {"1", "2"}})
    assert passed_tests("ras_tests", stats) == "ras_tests 2/10"
