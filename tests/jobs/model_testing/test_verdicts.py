"""The verdict on each test, within the limits and filters of the config."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Activation, Complex, Inhibition, Statement

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from run_model_tests_from_s3 import main
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round
from tests.jobs.model_testing.textbook_run import FALSE, RESULTS, TRUE, WRONG_SIGN, run, verdicts


def test_what_follows_passes_and_the_reverse_does_not(bucket: Bucket) -> None:
    mc_types = ("pysb", "signed_graph", "unsigned_graph")
    checking = {"statement_checking": {"max_path_length": 10}}
    save_round(bucket, mc_types=mc_types, test=checking)
    save_corpus(bucket, [TRUE, FALSE, WRONG_SIGN], name="textbook_tests")
    summary = main(["-m", "rasmodel", "-t", "textbook_tests"])
    assert summary == (
        f"rasmodel, textbook_tests, round {ROUND}: 3 tests applied;"
        " passed: pysb 1, signed_graph 1, unsigned_graph 2"
    )
    results = bucket.read_json(RESULTS)
    for mc_type in mc_types:
        wrong = "PATHS_FOUND" if mc_type == "unsigned_graph" else "NO_PATHS_FOUND"
        assert verdicts(results, mc_type)[0] == "PATHS_FOUND"
        assert verdicts(results, mc_type)[2] == wrong
        assert results[2][mc_type]["result_json"]["path_found"] is False


CODES: list[tuple[str, Statement, dict[str, Any], str, str]] = [
    ("signed_graph", Complex([agent("EGF"), agent("EGFR")]), {}, "STATEMENT_TYPE_NOT_HANDLED",
     "Statement type not handled"),
    ("pysb", Activation(agent("EGF"), agent("TP53")), {}, "OBSERVABLES_NOT_FOUND",
     "Statement object state not in model"),
    ("signed_graph", Inhibition(agent("BRAF"), agent("EGF")), {}, "OBJECT_NOT_FOUND",
     "Statement object state not in model"),
    ("pysb", Activation(agent("TP53"), agent("MAPK1")), {}, "SUBJECT_MONOMERS_NOT_FOUND",
     "Statement subject not in model"),
    ("signed_graph", Activation(agent("GRB2"), agent("MAPK1")), {}, "SUBJECT_NOT_FOUND",
     "Statement subject not in model"),
    ("signed_graph", FALSE, {}, "NO_PATHS_FOUND",
     "No path found that satisfies the test statement"),
    ("signed_graph", TRUE, {"max_path_length": 2}, "MAX_PATH_LENGTH_EXCEEDED",
     "Path found but exceeds search depth"),
    ("signed_graph", TRUE, {"max_path_length": 9, "max_paths": 0}, "MAX_PATHS_ZERO",
     "Path found but not reconstructed"),
    ("signed_graph", TRUE, {"max_path_length": 9}, "PATHS_FOUND",
     "Path found which satisfies the test statement"),
    ("pysb", Activation(agent("EGR1"), agent("MAPK1")), {}, "INPUT_RULES_NOT_FOUND",
     "No rules with test statement subject"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mc_type", "test", "checking", "code", "text"), CODES, ids=[case[3] for case in CODES]
)
def test_each_result_code(
    bucket: Bucket,
    mc_type: str,
    test: Statement,
    checking: dict[str, Any],
    code: str,
    text: str,
) -> None:
    record = save_round(bucket, mc_types=[mc_type], test={"statement_checking": checking})
    record.entities.append(agent("TP53").to_json())
    record.save(bucket)
    save_corpus(bucket, [test], name="textbook_tests")
    (entry,) = run(bucket)[1:]
    assert entry[mc_type]["result_json"]["result_code"] == code
    assert entry[mc_type]["result_code"] == text
    assert bool(entry[mc_type]["path_json"]) == (code == "PATHS_FOUND")


def test_limits_of_a_model_type_win_over_the_common_ones(bucket: Bucket) -> None:
    checking = {"max_path_length": 10, "unsigned_graph": {"max_path_length": 3}}
    save_round(
        bucket,
        mc_types=["signed_graph", "unsigned_graph"],
        test={"statement_checking": checking},
    )
    save_corpus(bucket, [TRUE], name="textbook_tests")
    results = run(bucket)
    assert verdicts(results, "signed_graph") == ["PATHS_FOUND"]
    assert verdicts(results, "unsigned_graph") == ["MAX_PATH_LENGTH_EXCEEDED"]
    assert results[1]["unsigned_graph"]["result_json"]["max_path_length"] == 3


def test_filters_and_direct_paths_hold_for_their_corpus(bucket: Bucket) -> None:
    direct = Activation(agent("BRAF"), agent("MAP2K1"))
    longer = Activation(agent("BRAF"), agent("MAPK1"))
    statements = [
        with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))),
        with_evidence(Activation(agent("MAP2K1"), agent("MAPK1")), internal=False),
        with_evidence(Activation(agent("BRAF"), agent("vemurafenib"))),
        with_evidence(Activation(agent("vemurafenib"), agent("MAPK3"))),
    ]
    through_a_drug = Activation(agent("BRAF"), agent("MAPK3"))
    rules = {
        "filters": {"textbook_tests": "filter_chem_mesh_go"},
        "edge_filters": {"textbook_tests": "filter_to_internal_edges"},
        "direct_paths": {"textbook_tests": False},
    }
    save_round(bucket, statements, test=rules)
    for corpus in ("textbook_tests", "other_tests"):
        save_corpus(bucket, [direct, longer, through_a_drug], name=corpus)
    assert verdicts(run(bucket), "signed_graph") == ["NO_PATHS_FOUND"] * 3
    main(["-m", "rasmodel", "-t", "other_tests"])
    other = bucket.read_json(f"results/rasmodel/results_other_tests_{ROUND}.json")
    assert verdicts(other, "signed_graph") == ["PATHS_FOUND"] * 3


@pytest.mark.parametrize("field", ["filters", "edge_filters"])
def test_an_unknown_filter_is_named(bucket: Bucket, field: str) -> None:
    save_round(bucket, test={field: {"textbook_tests": "filter_by_luck"}})
    save_corpus(bucket, [TRUE], name="textbook_tests")
    with pytest.raises(InputError, match=rf"test.{field}.*'filter_by_luck'.*filter_"):
        run(bucket)
