"""The DAG ``emmaa_update_pipeline``."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.dags.world import World

DAG = "emmaa_update_pipeline"
NOON = datetime(2026, 3, 5, 17, tzinfo=UTC)


def test_each_model_gets_what_its_config_says(world: World) -> None:
    world.put_model("marm", run_daily_update=True)
    world.put_model("rasmodel", run_daily_tests=True)
    world.put_model("idle")
    run = world.run(DAG, moment=NOON)
    assert run.state == "success"
    assert run.tasks == {
        "wait_for_turn": "success",
        "list_models": "success",
        "model.plan[idle]": "success",
        "model.plan[marm]": "success",
        "model.plan[rasmodel]": "success",
        "model.run_model_update[idle]": "skipped",
        "model.run_model_update[marm]": "success",
        "model.run_model_update[rasmodel]": "skipped",
        "model.start_mm_update[idle]": "skipped",
        "model.start_mm_update[marm]": "skipped",
        "model.start_mm_update[rasmodel]": "success",
        "outcome": "success",
    }
    assert "run_daily_tests is not set" in run.notes["model.start_mm_update[idle]"]
    assert "upload" in run.notes["model.start_mm_update[marm]"]
    (job,) = run.jobs
    assert job.script.startswith("run_model_update.py --model marm --date-str ")
    assert job.environment == {
        "EMMAA_DAG_ID": DAG,
        "EMMAA_RUN_ID": run.run_id,
        "EMMAA_NOTIFY": "true",
    }
    assert job.tags["model"] == "marm"
    started = world.started_runs("emmaa_mm_update")
    assert started["daily__rasmodel__2026-03-05-17-00-00"] == {"model": "rasmodel", "notify": True}


def test_a_run_that_is_there_already_is_as_good_as_started(world: World) -> None:
    world.put_model("ras2", run_daily_tests=True)
    for _ in range(2):
        run = world.run(DAG, moment=NOON, models=["ras2"], notify=False)
        assert run.tasks["model.start_mm_update[ras2]"] == "success"
    assert world.started_runs("emmaa_mm_update")["daily__ras2__2026-03-05-17-00-00"] == {
        "model": "ras2",
        "notify": False,
    }


def test_a_model_with_a_broken_config_fails_alone(world: World) -> None:
    world.put_model("broken", run_daily_update="yes")
    world.put_model("idle")
    run = world.run(DAG)
    assert run.state == "failed"
    assert run.tasks["model.plan[broken]"] == "failed"
    assert run.tasks["model.run_model_update[0]"] == "upstream_failed"
    assert run.tasks["model.plan[idle]"] == "success"
    assert run.tasks["model.run_model_update[idle]"] == "skipped"
    note = run.notes["model.plan[broken]"]
    for part in ("'broken'", "models/broken/config.json", "run_daily_update", "'yes'"):
        assert part in note


def test_an_empty_bucket_is_skipped_with_a_reason(world: World) -> None:
    run = world.run(DAG)
    assert run.tasks.pop("wait_for_turn") == "success"
    assert set(run.tasks.values()) == {"skipped"}
    assert f"s3://{world.bucket}/models/ holds no models" in run.notes["list_models"]
