"""The DAG ``emmaa_after_update``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emmaa_cycle.s3_layout import model_manager_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.uploads import Upload, parse_upload
from tests.dags.world import ROUND, World
from tests.dags.world_runs import Run

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
    assert run.tasks.pop("outcome") == "success"
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


FIRST, SECOND = "2026-03-01-18-00-00", "2026-03-01-18-00-07"


def uploaded(world: World, model: str, date: str) -> Upload:
    etag = world.put_manager(model, date)
    upload = parse_upload(world.bucket, model_manager_key(model, date), etag)
    assert upload
    return upload


def run_of(world: World, upload: Upload) -> Run:
    conf: dict[str, Any] = upload.conf
    return world.run(DAG, run_id=upload.run_id, **conf)


@contextmanager
def at_its_second_try_to_begin(task_id: str, happens: Callable[[], object]) -> Iterator[list[str]]:
    """Let something happen when a task has looked once, found no reason to end, and looks again.

    :returns: which tasks were run, mapped ones once for each index
    """
    from airflow.sdk.definitions import dag as sdk_dag

    run_task, begun = sdk_dag._run_task, list[str]()

    def run_with_a_pause(*, ti: Any, **options: Any) -> Any:
        begun.append(ti.task_id)
        if ti.task_id == task_id and begun.count(task_id) == 2:
            patch.undo()
            happens()
            patch.setattr(sdk_dag, "_run_task", run_with_a_pause)
        return run_task(ti=ti, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdk_dag, "_run_task", run_with_a_pause)
        yield begun


@pytest.fixture
def counting(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world whose jobs read the bucket, so that statistics build on earlier ones."""
    job = ["python", "tests/dags/fake_job.py", "{script}", "{args}"]
    argv = ["env", f"EMMAA_BUCKET={world.bucket}", *job]
    monkeypatch.setenv("EMMAA_LAUNCHER__ARGV", json.dumps(argv))
    load_settings.cache_clear()
    return world


def statistics(world: World) -> dict[str, list[str]]:
    listed = world.s3.list_objects_v2(Bucket=world.bucket, Prefix="stats/chained/")
    keys = [item["Key"] for item in listed["Contents"]]
    return {
        key: json.load(world.s3.get_object(Bucket=world.bucket, Key=key)["Body"]) for key in keys
    }


@pytest.mark.parametrize("task_id", ["wait_for_model_stats", "wait_for_test_stats"])
def test_of_two_rounds_in_short_order_the_second_is_counted_after_the_first(
    counting: World, task_id: str
) -> None:
    world = counting
    world.put_model("chained", **with_corpora("a_tests"))
    first, second = (uploaded(world, "chained", date) for date in (FIRST, SECOND))
    world.begin(first)

    def first_goes_on() -> None:
        assert not {"run_model_stats", "test_corpus.run_test_stats"} & set(begun)
        assert run_of(world, first).state == "success"

    with at_its_second_try_to_begin(task_id, first_goes_on) as begun:
        assert run_of(world, second).state == "success"
    assert begun.count(task_id) == 2
    assert statistics(world) == {
        f"stats/chained/{name}_{date}.json": series
        for name in ("model_stats", "test_stats_a_tests")
        for date, series in ((FIRST, [FIRST]), (SECOND, [FIRST, SECOND]))
    }


def test_no_round_waits_for_another_models_or_for_a_later_one(world: World) -> None:
    for model in ("marm", "other"):
        world.put_model(model)
    world.begin(uploaded(world, "other", FIRST))
    world.begin(uploaded(world, "marm", SECOND))
    assert run_of(world, uploaded(world, "marm", FIRST)).state == "success"


def test_a_round_that_failed_holds_up_no_later_one(world: World) -> None:
    world.put_model("marm", **with_corpora("a_tests-exit1"))
    first, second = (uploaded(world, "marm", date) for date in (FIRST, SECOND))
    assert run_of(world, first).state == "failed"
    assert run_of(world, second).tasks["run_model_stats"] == "success"


def test_notifications_that_were_not_accepted_are_tried_again(counting: World) -> None:
    """As docs/operations.md promises of exit code 4."""
    world = counting
    world.put_model("marm-first4")
    world.put_manager("marm-first4")
    run = world.run(DAG, model="marm-first4", stages=["notification"])
    assert (run.state, run.tasks["notify"], run.tries["notify"]) == ("success", "success", 2)
    assert sorted(job.status for job in run.jobs) == ["FAILED", "SUCCEEDED"]


def test_notifications_that_are_never_accepted_fail_with_their_reason(world: World) -> None:
    world.put_model("marm-exit4")
    world.put_manager("marm-exit4")
    run = world.run(DAG, model="marm-exit4", stages=["notification"])
    assert (run.state, run.tasks["notify"], run.tries["notify"]) == ("failed", "failed", 4)
    assert "exit code 4 (some notifications were not accepted)" in run.notes["notify"]
