"""The DAG ``emmaa_update_pipeline``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType
from sqlalchemy import update

from emmaa_airflow.rounds import update_order
from emmaa_cycle.resources import JOB_QUEUES
from emmaa_cycle.stages import STAGES, Stage
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
    assert job.environment.pop("EMMAA_CLAIM")
    assert job.environment == {
        "EMMAA_DAG_ID": DAG,
        "EMMAA_RUN_ID": run.run_id,
        "EMMAA_NOTIFY": "true",
        "EMMAA_JOB_DEFINITION": "emmaa_jobdef",
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
    world.put_model("broken", run_daily_update="often")
    world.put_model("idle")
    run = world.run(DAG)
    assert run.state == "failed"
    assert run.tasks["model.plan[broken]"] == "failed"
    assert run.tasks["model.run_model_update[0]"] == "upstream_failed"
    assert run.tasks["model.plan[idle]"] == "success"
    assert run.tasks["model.run_model_update[idle]"] == "skipped"
    note = run.notes["model.plan[broken]"]
    for part in ("'broken'", "models/broken/config.json", "run_daily_update", "'often'"):
        assert part in note


def test_an_empty_bucket_is_skipped_with_a_reason(world: World) -> None:
    run = world.run(DAG)
    assert run.tasks.pop("wait_for_turn") == run.tasks.pop("outcome") == "success"
    assert set(run.tasks.values()) == {"skipped"}
    assert f"s3://{world.bucket}/models/ holds no models" in run.notes["list_models"]


def update_job(world: World, model: str, queue: str = JOB_QUEUES[0].name) -> str:
    """Submit an update of another day's run that runs until it is ended, and return its id."""
    answer = world.batch.submit_job(
        jobName=f"{model}_update_2026-03-04-17-00-00-0123456789ab-0",
        jobQueue=queue,
        jobDefinition="emmaa_jobdef",
        containerOverrides={
            "command": ["python", "tests/dags/fake_job.py", "--model", model, "-slow"],
            "environment": [
                {"name": "EMMAA_DAG_ID", "value": DAG},
                {"name": "EMMAA_RUN_ID", "value": "scheduled__yesterday"},
            ],
        },
        tags={"model": model, "purpose": STAGES[Stage.MODEL_UPDATE].purpose},
    )
    return str(answer["jobId"])


@pytest.mark.parametrize("queue", [queue.name for queue in JOB_QUEUES])
def test_a_model_whose_update_is_in_flight_is_skipped_alone(world: World, queue: str) -> None:
    model = f"busy-{queue[-4:]}"
    for name in (model, f"{model}_update", "free"):
        world.put_model(name, run_daily_update=True)
    job = update_job(world, model, queue)
    try:
        run = world.run(DAG)
    finally:
        world.batch.terminate_job(jobId=job, reason="the test is over")
    assert run.state == "success"
    updates = {key: state for key, state in run.tasks.items() if "run_model_update" in key}
    assert updates == {
        f"model.run_model_update[{model}]": "skipped",
        f"model.run_model_update[{model}_update]": "success",
        "model.run_model_update[free]": "success",
    }
    note = run.notes[f"model.run_model_update[{model}]"]
    for part in (f"'{model}'", "still in flight", "scheduled__yesterday", job, "RUN"):
        assert part in note
    assert sorted(found.tags["model"] for found in run.jobs) == [f"{model}_update", "free"]


def test_an_update_planned_before_the_newest_state_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its task alone was cleared, days later, or tried again after a day of a backfill."""
    world.put_model("late", run_daily_update=True)
    world.put_model_file("late", "2999-01-01-00-00-00")
    run = world.run(DAG, models=["late"])
    assert run.tasks["model.run_model_update[late]"] == "failed"
    note = run.notes["model.run_model_update[late]"]
    assert "models/late/model_2999-01-01-00-00-00.json.gz" in note
    assert "clear model.plan" in note
    assert not run.jobs


@contextmanager
def as_backfill(day: datetime, *others: tuple[str, str]) -> Iterator[None]:
    """Let ``dag.test()`` make its run a day of a backfill.

    :param others: ids of other runs that are active then, each with the state of its update
    """

    def create(*, dag: Any, session: Any, **options: Any) -> Any:
        for run_id, state in others:  # dag.test() has just cleared them
            set_states(session, run_id, DagRunState.RUNNING, state)
        wanted = {
            "run_id": f"backfill__{day.isoformat()}",
            "run_type": DagRunType.BACKFILL_JOB,
            "logical_date": day,
            "data_interval": (day, day),
        }
        state = DagRunState.RUNNING
        return dag.create_dagrun(**{**options, **wanted}, state=state, session=session)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("airflow.models.dagrun.get_or_create_dagrun", create)
        yield


def set_states(session: Any, run_id: str, run: DagRunState, update_state: str) -> None:
    """Set the states of a run, of its update, and of all its other tasks to success."""
    tasks = update(TaskInstance).where(TaskInstance.run_id == run_id)
    session.execute(tasks.values(state="success"))
    is_update = TaskInstance.task_id == "model.run_model_update"
    session.execute(tasks.where(is_update).values(state=update_state))
    session.execute(update(DagRun).where(DagRun.run_id == run_id).values(state=run))


def test_a_day_of_a_backfill_waits_for_the_models_earlier_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_model("past", run_daily_update=True)
    days = [datetime(2026, 2, day, 17, tzinfo=UTC) for day in (1, 2)]
    with as_backfill(days[0]):
        first = world.run(DAG, models=["past"])
    assert first.tasks["model.run_model_update[past]"] == "success"
    looks: list[datetime] = []

    def ended(context: Any) -> datetime:
        with create_session() as session:
            set_states(session, first.run_id, DagRunState.SUCCESS, "success")
        looks.append(datetime.now(UTC))
        return looks[-1]

    monkeypatch.setattr(update_order, "next_look", ended)
    with as_backfill(days[1], (first.run_id, "deferred")):
        second = world.run(DAG, models=["past"])
    assert len(looks) == 1
    assert second.tasks["model.run_model_update[past]"] == "success"
    assert second.tries["model.plan[past]"] == 1
    (job,) = second.jobs
    assert job.script.endswith("--until 2026-02-02")
