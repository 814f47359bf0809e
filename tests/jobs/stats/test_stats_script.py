"""The script, over what the other jobs really write."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model_testing.run import run_tests
from run_model_stats_from_s3 import main

MODEL = "rasmodel"
DAY1, DAY2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


def test_model_mode(bucket: Bucket, statements: Any, write_round: Any) -> None:
    for date in (DAY1, DAY2):
        write_round(date, [statements.egf_egfr()], papers=["demo-0001"])
    line = main(["-m", MODEL, "-s", "model", "--date-str", DAY1])
    assert line == f"{model_stats_key(MODEL, DAY1)}: 1 statements (+0 -0), 1 papers read (+0)"
    assert model_stats_key(MODEL, DAY2) in main(["-m", MODEL, "-s", "model"])


def test_tests_mode_reads_what_the_tests_job_wrote(
    bucket: Bucket, statements: Any, write_round: Any
) -> None:
    model = [statements.egf_egfr(), statements.braf_map2k1()]
    record = write_round(DAY1, model)
    entities = [agent.to_json() for each in model for agent in each.real_agent_list()]
    record.entities.extend(entities)
    tests = [*model, statements.dimer(), statements.braf_map2k1_phosphorylation()]
    corpus = TestCorpus({"name": "Demo"}, [test.to_json() for test in tests])
    run_tests(record, lambda: model, "demo_tests", corpus).save(bucket)
    line = main(["-m", MODEL, "--stats_mode", "tests", "--tests", "demo_tests"])
    assert line.endswith("4 tests (+0), passed: signed_graph 2")
    stats = bucket.read_json(corpus_stats_key(MODEL, "demo_tests", DAY1))
    results = stats["test_round_summary"]["all_test_results"]
    verdicts = [results[str(test.get_hash())]["signed_graph"] for test in tests]
    assert [verdict for verdict, _ in verdicts] == ["Pass", "Pass", "n_a", "n_a"]
    assert verdicts[1][1][0]["path"] == "BRAF → MAP2K1"
    counts = [[str(each.get_hash()), 1] for each in model]
    assert sorted(stats["test_round_summary"]["path_stmt_counts"]) == sorted(counts)


def test_the_default_corpus_is_the_documented_one(
    bucket: Bucket, statements: Any, write_results: Any
) -> None:
    write_results(DAY1, [statements.dimer()], corpus="large_corpus_tests", pysb=["NO_PATHS_FOUND"])
    assert "test_stats_large_corpus_tests_" in main(["-m", MODEL, "-s", "tests"])


@pytest.mark.parametrize(
    "flags", [["-m", MODEL], ["-m", MODEL, "-s", "all"], ["-m", "a/b", "-s", "model"]]
)
def test_wrong_flags_are_refused(flags: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(flags)
    assert refused.value.code == 2
