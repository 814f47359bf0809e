"""Tests of the DAGs' schedules, which can be switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from emmaa_cycle.settings import load_settings
from tests.dags.conftest import REPOSITORY
from tests.dags.world import World


def core_timetable(dag: Any) -> Any:
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable


def next_run(dag: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Return the first start time of a DAG that has never run."""
    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: now)
    restriction = TimeRestriction(earliest=dag.start_date, latest=None, catchup=False)
    info = core_timetable(dag).next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction
    )
    return datetime.fromisoformat(info.run_after.isoformat())


@pytest.mark.parametrize(
    ("dag_id", "hour"), [("emmaa_update_pipeline", 17), ("emmaa_email_notifications", 11)]
)
@pytest.mark.parametrize("month", [1, 7])
def test_the_daily_runs_are_at_noon_and_six_est_all_year(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch, dag_id: str, hour: int, month: int
) -> None:
    dag = dag_bag.dags[dag_id]
    due = datetime(2026, month, 2, hour, tzinfo=UTC)
    assert next_run(dag, due - timedelta(hours=3), monkeypatch) == due


@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(hours=1), timedelta(hours=23)])
def test_a_first_deployment_after_the_hour_runs_nothing_at_once(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    dag = dag_bag.dags["emmaa_update_pipeline"]
    noon = datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert next_run(dag, noon + late, monkeypatch) == noon + timedelta(days=1)


def test_parsing_at_the_hour_does_not_pass_the_first_run_over(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = dag_bag.dags["emmaa_update_pipeline"]
    noon = datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert next_run(dag, noon + timedelta(seconds=30), monkeypatch) == noon


@pytest.mark.parametrize(
    ("variable", "dag_id"),
    [
        ("EMMAA_SCHEDULE__UPDATE_PIPELINE", "emmaa_update_pipeline"),
        ("EMMAA_SCHEDULE__EMAIL_NOTIFICATIONS", "emmaa_email_notifications"),
        ("EMMAA_DEADLINE__CRON", "emmaa_deadline"),
    ],
)
def test_a_schedule_that_is_switched_off_starts_no_run(
    airflow: None, monkeypatch: pytest.MonkeyPatch, variable: str, dag_id: str
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv(variable, "never")
    load_settings.cache_clear()
    try:
        bag = DagBag(dag_folder=str(REPOSITORY / "dags" / f"{dag_id}.py"))
    finally:
        load_settings.cache_clear()
    assert not bag.import_errors
    assert not core_timetable(bag.dags[dag_id]).can_be_scheduled


def test_a_run_that_goes_on_keeps_no_days_run_from_being_created(world: World) -> None:
    """Nor the very first one: Airflow would look for it again after noon, and find tomorrow's."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    upload = SimpleNamespace(dag_id="emmaa_update_pipeline", run_id="manual__before_noon", conf={})
    world.begin(cast(Any, upload))
    noon = datetime.now(UTC) - timedelta(seconds=30)
    with create_session() as session:
        dag = session.get_one(DagModel, upload.dag_id)
        dag.is_paused, dag.next_dagrun, dag.next_dagrun_create_after = False, noon, noon
        SchedulerJobRunner(job=Job())._set_exceeds_max_active_runs(dag_model=dag, session=session)
        session.flush()
        query, _ = DagModel.dags_needing_dagruns(session)
        assert upload.dag_id in {due.dag_id for due in query.all()}
        session.rollback()
