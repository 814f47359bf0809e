"""The DAG ``emmaa_mm_update``."""

from __future__ import annotations

from emmaa_cycle.s3_layout import model_key
from tests.dags.world import MODEL_DATE, World

DAG = "emmaa_mm_update"


def test_an_uploaded_model_is_assembled_into_the_round_of_its_date(world: World) -> None:
    world.put_model("marm")
    etag = world.put_model_file("marm", emmaa_run_id="backfill", emmaa_notify="false")
    world.put_model_file("marm", "2026-03-02-00-00-00")  # newer, and none of this run's business
    run = world.run(
        DAG,
        model="marm",
        date=MODEL_DATE,
        bucket=world.bucket,
        key=model_key("marm", MODEL_DATE),
        etag=etag,
    )
    assert run.tasks == {
        "plan": "success",
        "update_model_manager": "success",
        "outcome": "success",
    }
    (job,) = run.jobs
    assert job.script == (
        f"update_model_manager.py --model marm --date-str {MODEL_DATE} --model-date {MODEL_DATE}"
    )
    assert job.environment["EMMAA_NOTIFY"] == "false"


def test_a_job_that_fails_fails_its_task_with_all_that_is_known(world: World) -> None:
    world.put_model("m-exit2")
    world.put_model_file("m-exit2")
    run = world.run(DAG, model="m-exit2")
    assert run.state == "failed"
    assert len(run.jobs) == 1  # bad input is not tried again
    note = run.notes["update_model_manager"]
    assert run.jobs[0].name in note
    assert "exit code 2 (bad input)" in note
    assert "ERROR emmaa_jobs: ends with 2 as asked" in note


def test_a_source_that_was_unavailable_is_asked_again(world: World) -> None:
    world.put_model("m-exit3")
    world.put_model_file("m-exit3")
    run = world.run(DAG, model="m-exit3")
    assert run.state == "failed"
    retries = world.dag_bag.dags[DAG].get_task("update_model_manager").retries
    assert len(run.jobs) == 1 + retries
    assert len({job.name for job in run.jobs}) == 1
