"""Tests of the test job's output: form and order of results and paths."""

from __future__ import annotations

import pytest
from indra.statements import Activation

from emmaa_cycle.s3_layout import combined_key, overview_key
from emmaa_jobs.bucket import Bucket
from run_model_tests_from_s3 import main
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round
from tests.jobs.model_testing.textbook_run import (
    FALSE,
    LATEST_PATHS,
    PATHS,
    RESULTS,
    TRUE,
    lines,
    run,
)


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


def test_it_writes_the_results_when_all_that_they_refer_to_is_there(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overview follows them: it sums them up, and if it fails, they stay."""
    save_round(bucket)
    save_corpus(bucket, [TRUE], name="textbook_tests")
    written: list[str] = []
    write = Bucket.write_bytes

    def record(self: Bucket, key: str, content: bytes, content_type: str) -> str:
        written.append(key)
        return write(self, key, content, content_type)

    monkeypatch.setattr(Bucket, "write_bytes", record)
    run(bucket)
    overview = overview_key("rasmodel", "tests_textbook_tests")
    assert written == [PATHS, LATEST_PATHS, RESULTS, overview, combined_key("rasmodel")]


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


def test_an_empty_corpus_gives_a_header_alone(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["pysb", "signed_graph"])
    save_corpus(bucket, [], name="textbook_tests")
    (header,) = run(bucket)
    assert header["mc_types"] == ["pysb", "signed_graph"]
    assert header["path_stmt_counts"] == {}
    assert bucket.read_bytes(PATHS) == b""


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
