"""The DAG ``emmaa_after_update``."""

from __future__ import annotations

from emmaa_cycle.s3_layout import model_manager_key
from tests.dags.world import ROUND, World

DAG = "emmaa_after_update"


def with_corpora(*corpora: str) -> dict[str, object]:
    return {"test": {"test_corpus": list(corpora)}}


def test_an_uploaded_manager_is_tested_and_told_of(world: World) -> None:
    world.put_model("marm", make_tests=True, **with_corpora("a_tests", "b_tests"))
    etag = world.put_manager("marm")
    world.put_manager("marm", "2026-03-02-00-00-00")  # newer, and none of this run's business
    run = world.run(
        DAG,
        model="marm",
        date=ROUND,
        bucket=world.bucket,
        key=model_manager_key("marm", ROUND),
        etag=etag,
    )
    assert run.state == "success"
    assert run.tasks.pop("outcome") == "skipped"
    assert set(run.tasks.values()) == {"success"}
    assert {task for task in run.tasks if "[" in task} == {
        f"test_corpus.{stage}[{corpus}]"
        for stage in ("run_model_tests", "run_test_stats")
        for corpus in ("a_tests", "b_tests")
    }
    assert all(f"--date-str {ROUND}" in job.script for job in run.jobs)
    assert len(run.jobs) == 8
    notification = run.job("model_notifications.py").script
    assert f"--test_corpora a_tests b_tests --date {ROUND[:10]}" in notification


def test_a_corpus_that_fails_stops_no_other(world: World) -> None:
    world.put_model("marm", **with_corpora("a_tests-exit1", "b_tests"))
    world.put_manager("marm")
    run = world.run(DAG, model="marm")
    assert run.state == "failed"
    assert run.tasks["test_corpus.run_model_tests[a_tests-exit1]"] == "failed"
    assert run.tasks["test_corpus.run_test_stats[0]"] == "upstream_failed"
    assert run.tasks["test_corpus.run_test_stats[b_tests]"] == "success"
    assert run.tasks["notify"] == "success"
    assert "--test_corpora b_tests --date" in run.job("model_notifications.py").script
    assert run.notes["outcome"] == "failed: test_corpus.run_model_tests [a_tests-exit1]"
    assert "make_tests" in run.notes["model_to_tests"]


def test_without_model_statistics_nobody_is_told(world: World) -> None:
    world.put_model("statless", **with_corpora("a_tests"))
    world.put_manager("statless")
    run = world.run(DAG, model="statless", stages=["model_stats", "notification"])
    assert run.tasks["run_model_stats"] == "failed"
    assert run.tasks["notify"] == "skipped"
    assert "model statistics failed" in run.notes["notify"]
    assert run.state == "failed"


def test_a_part_of_it_can_be_repeated_without_telling_anybody(world: World) -> None:
    world.put_model("marm", **with_corpora("a_tests", "b_tests"))
    world.put_manager("marm")
    run = world.run(DAG, model="marm", stages=["test_stats"], test_corpora=["b_tests"])
    assert run.state == "success"
    assert [job.script for job in run.jobs] == [
        f"run_model_stats_from_s3.py --model marm --stats_mode tests --tests b_tests"
        f" --date-str {ROUND}"
    ]
    assert run.tasks["test_corpus.run_model_tests[b_tests]"] == "skipped"
    assert "stages do not include" in run.notes["notify"]


def test_a_round_whose_origin_forbids_it_is_not_told_of(world: World) -> None:
    world.put_model("marm", **with_corpora("a_tests"))
    world.put_manager("marm", emmaa_notify="false")
    run = world.run(DAG, model="marm", stages=["notification", "queries"])
    assert "notify is false" in run.notes["notify"]
    assert run.job("answer_queries").environment["EMMAA_NOTIFY"] == "false"


def test_a_plan_that_fails_leaves_nothing_running(world: World) -> None:
    world.put_model("marm", **with_corpora("a_tests"))
    run = world.run(DAG, model="marm")
    assert run.state == "failed"
    assert "no model manager" in run.notes["plan"]
    assert run.tasks["run_model_stats"] == "upstream_failed"
    assert run.tasks["notify"] == "skipped"
    assert run.jobs == []
