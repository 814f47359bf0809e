"""The tests job on textbook biology: verdicts, limits, filters, and what it writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from indra.statements import (
    Activation,
    Complex,
    Inhibition,
    Phosphorylation,
    Statement,
)

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model_types.graph_checker import GraphChecker
from emmaa_jobs.test_corpus import TestCorpus
from run_model_tests_from_s3 import main
from tests.jobs.known_biology import agent, ras_statements, told
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round

RESULTS = f"results/rasmodel/results_textbook_tests_{ROUND}.json"
PATHS = f"paths/rasmodel/paths_textbook_tests_{ROUND}.jsonl"
LATEST_PATHS = "paths/rasmodel/textbook_tests_latest_paths.jsonl"

TRUE = Activation(agent("EGF"), agent("MAPK1"))
FALSE = Activation(agent("MAPK1"), agent("EGF"))
WRONG_SIGN = Inhibition(agent("EGF"), agent("MAPK1"))


def run(bucket: Bucket, *flags: str) -> list[dict[str, Any]]:
    main(["--model", "rasmodel", "--tests", "textbook_tests", *flags])
    results: list[dict[str, Any]] = bucket.read_json(RESULTS)
    return results


def verdicts(results: list[dict[str, Any]], mc_type: str) -> list[str]:
    return [entry[mc_type]["result_json"]["result_code"] for entry in results[1:]]


def lines(bucket: Bucket, key: str) -> list[Any]:
    return [json.loads(line) for line in bucket.read_bytes(key).decode().splitlines()]


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


def test_the_form_of_the_results(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["signed_graph", "unsigned_graph"])
    test = Activation(agent("BRAF"), agent("MAPK1"))
    save_corpus(bucket, [test], name="textbook_tests", description="Textbook.")
    header, entry = run(bucket)
    used = [
        each.get_hash()
        for each in ras_statements()
        if [a.name for a in each.agent_list()] in (["BRAF", "MAP2K1"], ["MAP2K1", "MAPK1"])
    ]
    activation, phosphorylation, last = used
    assert header == {
        "model_name": "rasmodel",
        "mc_types": ["signed_graph", "unsigned_graph"],
        "path_stmt_counts": {str(activation): 2, str(phosphorylation): 1, str(last): 2},
        "date_str": ROUND,
        "test_data": {"description": "Textbook."},
    }
    assert list(entry) == ["test_type", "test_json", "signed_graph", "unsigned_graph"]
    assert entry["test_type"] == "StatementCheckingTest"
    assert entry["test_json"]["matches_hash"] == str(test.get_hash())
    assert list(entry["signed_graph"]) == ["result_json", "path_json", "result_code"]
    assert entry["signed_graph"]["result_code"] == "Path found which satisfies the test statement"
    assert entry["signed_graph"]["path_json"][0]["path"] == "BRAF → MAP2K1 → MAPK1"
    assert entry["signed_graph"]["result_json"] == {
        "py/object": "indra.explanation.model_checker.model_checker.PathResult",
        "path_found": True,
        "result_code": "PATHS_FOUND",
        "max_paths": 1,
        "max_path_length": 5,
        "path_metrics": [
            {
                "py/object": "indra.explanation.model_checker.model_checker.PathMetric",
                "source_node": {"py/tuple": ["BRAF", 0]},
                "target_node": {"py/tuple": ["MAPK1", 0]},
                "length": 2,
            }
        ],
        "paths": [
            {
                "py/tuple": [
                    {"py/tuple": ["BRAF", 0]},
                    {"py/tuple": ["MAP2K1", 0]},
                    {"py/tuple": ["MAPK1", 0]},
                ]
            }
        ],
    }
    assert lines(bucket, PATHS) == [
        {
            "nodes": ["BRAF", "MAP2K1", "MAPK1"],
            "edges": [
                {"type": "statements", "hashes": hashes},
                {"type": "statements", "hashes": [last]},
            ],
            "graph_type": mc_type,
            "test": test.get_hash(),
        }
        for mc_type, hashes in (
            ("signed_graph", [activation]),
            ("unsigned_graph", [activation, phosphorylation]),
        )
    ]
    assert lines(bucket, LATEST_PATHS) == lines(bucket, PATHS)


def test_it_writes_three_objects_the_results_last(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_round(bucket)
    save_corpus(bucket, [TRUE], name="textbook_tests")
    written: list[str] = []
    write = Bucket.write_bytes

    def record(self: Bucket, key: str, content: bytes, content_type: str) -> None:
        written.append(key)
        write(self, key, content, content_type)

    monkeypatch.setattr(Bucket, "write_bytes", record)
    run(bucket)
    assert written == [PATHS, LATEST_PATHS, RESULTS]


def test_bel_nodes_are_written_too(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["pybel"], test={"statement_checking": {"max_path_length": 10}})
    save_corpus(bucket, [TRUE], name="textbook_tests")
    entry = run(bucket)[1]["pybel"]
    assert entry["result_json"]["result_code"] == "PATHS_FOUND"
    assert entry["path_json"][0]["path"].startswith("EGF → EGFR → SOS1")
    from jsonpickle.unpickler import Unpickler

    restored = Unpickler().restore(entry["result_json"])
    assert [node[0].name for node in restored.paths[0]][:2] == ["EGF", "EGFR"]
    assert restored.path_metrics[0].source_node[0].name == "EGF"


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
        told(Activation(agent("BRAF"), agent("MAP2K1"))),
        told(Activation(agent("MAP2K1"), agent("MAPK1")), internal=False),
        told(Activation(agent("BRAF"), agent("vemurafenib"))),
        told(Activation(agent("vemurafenib"), agent("MAPK3"))),
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


def test_a_test_counts_once(bucket: Bucket) -> None:
    save_round(bucket)
    again = told(Activation(agent("EGF"), agent("MAPK1")))
    save_corpus(bucket, [TRUE, FALSE, again], name="textbook_tests")
    assert len(run(bucket)) == 1 + 2


def test_tests_about_others_are_left_out(bucket: Bucket) -> None:
    save_round(bucket)
    foreign = Phosphorylation(agent("RAF1"), agent("TP53"))
    save_corpus(bucket, [foreign, TRUE], name="textbook_tests")
    (entry,) = run(bucket)[1:]
    assert entry["test_json"]["matches_hash"] == str(TRUE.get_hash())


def test_the_connector_is_the_configs(bucket: Bucket) -> None:
    family = Activation(agent("EGF"), agent("ERK"))
    save_corpus(bucket, [family], name="textbook_tests")
    save_round(bucket, test={"test_connector": "scope"})
    assert len(run(bucket)) == 1
    save_round(bucket, test={"test_connector": "refinement"})
    assert len(run(bucket)) == 2


def test_an_empty_corpus_gives_a_header_alone(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["pysb", "signed_graph"])
    save_corpus(bucket, [], name="textbook_tests")
    (header,) = run(bucket)
    assert header["mc_types"] == ["pysb", "signed_graph"]
    assert header["path_stmt_counts"] == {}
    assert bucket.read_bytes(PATHS) == b""


def test_a_model_that_is_simulated_is_not_tested(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["signed_graph", "dynamic"])
    save_corpus(bucket, [TRUE], name="textbook_tests")
    header, entry = run(bucket)
    assert header["mc_types"] == ["signed_graph"]
    assert "dynamic" not in entry


def test_the_round_that_is_named_is_tested(bucket: Bucket) -> None:
    save_round(bucket)
    save_round(bucket, [], date_str="2020-01-03-00-00-00")
    save_corpus(bucket, [TRUE], name="textbook_tests")
    assert len(run(bucket, "--date-str", ROUND)) == 2
    main(["-m", "rasmodel", "-t", "textbook_tests"])
    newer = bucket.read_json("results/rasmodel/results_textbook_tests_2020-01-03-00-00-00.json")
    assert len(newer) == 1


def test_a_past_round_does_not_touch_the_latest_paths(bucket: Bucket) -> None:
    save_corpus(bucket, [Activation(agent("EGF"), agent("EGFR"))], name="textbook_tests")
    save_round(bucket)
    save_round(bucket, date_str="2020-01-03-00-00-00", mc_types=["unsigned_graph"])
    main(["-m", "rasmodel", "-t", "textbook_tests"])
    newest = bucket.read_bytes(LATEST_PATHS)
    run(bucket, "--date-str", ROUND)
    assert bucket.read_bytes(PATHS) != newest
    assert bucket.read_bytes(LATEST_PATHS) == newest


def test_the_same_round_twice_gives_the_same_bytes(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["pysb", "signed_graph", "unsigned_graph"])
    save_corpus(bucket, [TRUE, FALSE], name="textbook_tests")

    def objects() -> list[bytes]:
        run(bucket)
        return [bucket.read_bytes(key) for key in (RESULTS, PATHS, LATEST_PATHS)]

    assert objects() == objects()


def test_what_is_missing_is_named(bucket: Bucket) -> None:
    flags = ["-m", "rasmodel", "-t", "textbook_tests"]
    with pytest.raises(MissingObjectError, match=r"results/rasmodel/model_manager_"):
        main(flags)
    save_round(bucket)
    with pytest.raises(MissingObjectError, match=r"tests/textbook_tests\.json\.gz"):
        main(flags)


def test_a_corpus_that_is_only_a_pickle_is_named_with_the_way_out(bucket: Bucket) -> None:
    save_round(bucket)
    bucket.write_bytes("tests/textbook_tests_2019-01-01-00-00-00.pkl", b"never read", "")
    way_out = r"2019-01-01-00-00-00\.pkl is a pickle .*import_legacy\.py --tests textbook_tests"
    with pytest.raises(MissingObjectError, match=way_out):
        run(bucket)


def test_a_round_is_tested_with_the_corpus_of_its_time(bucket: Bucket) -> None:
    save_round(bucket)
    save_round(bucket, date_str="2020-01-04-00-00-00")
    for day, tests in {"01": [TRUE], "03": [TRUE, FALSE]}.items():
        corpus = TestCorpus({}, [each.to_json() for each in tests])
        corpus.save(bucket, "textbook_tests", f"2020-01-{day}-00-00-00")
    main(["-m", "rasmodel", "-t", "textbook_tests"])
    newest = bucket.read_json("results/rasmodel/results_textbook_tests_2020-01-04-00-00-00.json")
    assert len(newest) == 3
    assert len(run(bucket, "--date-str", ROUND)) == 2


def test_a_corpus_that_is_newer_than_the_round_is_taken_where_it_began(bucket: Bucket) -> None:
    save_round(bucket)
    for day, tests in {"08": [TRUE], "09": [TRUE, FALSE]}.items():
        corpus = TestCorpus({}, [each.to_json() for each in tests])
        corpus.save(bucket, "textbook_tests", f"2020-01-{day}-00-00-00")
    assert len(run(bucket)) == 2


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda _: ["a list"], "the document: "),
        (lambda document: document.pop("entities") and document, "entities: Field required"),
        (lambda document: {**document, "mood": "good"}, "mood: "),
        (
            lambda document: {**document, "mc_types": "pysb"},
            "mc_types: Input should be a valid lis",
        ),
        (lambda document: {**document, "format": 2}, "has format 2, and these jobs read format 1"),
    ],
)
def test_a_manager_that_cannot_be_read_is_named(bucket: Bucket, change: Any, wrong: str) -> None:
    save_round(bucket)
    key = f"results/rasmodel/model_manager_{ROUND}.json.gz"
    bucket.write_json(key, change(bucket.read_json(key)))
    with pytest.raises(InputError, match=f"s3://emmaa/{key} .*{wrong}"):
        run(bucket)


def test_a_fault_names_the_test_that_was_asked(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(GraphChecker, "process_statement", fail)
    save_round(bucket)
    save_corpus(bucket, [TRUE], name="textbook_tests")
    with pytest.raises(RuntimeError, match="a fault") as raised:
        run(bucket)
    assert raised.value.__notes__ == [
        "while the signed_graph model was asked for Activation(EGF(), MAPK1())"
    ]
    assert list(bucket.keys("results/rasmodel/results_")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Nonsense"},
        {"type": "Statement"},
        {"type": "Agent", "name": "BRAF"},
        {"type": ["Activation"]},
        {"type": "Activation", "obj": 3},
        {},
        None,
        "text",
    ],
)
def test_a_test_that_is_no_statement_is_named(bucket: Bucket, wrong: Any) -> None:
    save_round(bucket)
    bucket.write_json("tests/textbook_tests.json.gz", [TRUE.to_json(), wrong])
    with pytest.raises(InputError, match="'textbook_tests': test 1 is no INDRA statement"):
        run(bucket)
