"""What holds for every DAG, now and later."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from airflow.sdk import BaseSensorOperator
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from emmaa_airflow.dag_defaults import LIGHT_PRIORITY, STAGE_PRIORITIES
from emmaa_airflow.failures import leave_note
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.uploads import UploadWatchOperator
from emmaa_cycle.after_update import AFTER_UPDATE_STAGES
from emmaa_cycle.settings import load_settings
from emmaa_cycle.settings_sections import SUBMIT_POOL
from emmaa_cycle.stages import Stage
from tests.dags.conftest import REPOSITORY

DAGS = sorted(file.stem for file in (REPOSITORY / "dags").glob("*.py"))


@pytest.fixture(params=DAGS)
def dag(request: pytest.FixtureRequest, dag_bag: Any) -> Any:
    return dag_bag.dags[request.param]


def mapped_tasks(dag: Any) -> Iterator[Any]:
    return (task for task in dag.tasks if task.get_closest_mapped_task_group())


def test_there_is_one_file_for_each_dag_and_it_has_its_name(dag_bag: Any) -> None:
    assert sorted(dag_bag.dags) == DAGS


def test_it_says_who_owns_it_and_what_it_belongs_to(dag: Any) -> None:
    assert "emmaa" in dag.tags
    assert {task.owner for task in dag.tasks} == {"emmaa"}


def test_its_doc_tells_what_a_person_can_do_and_what_when_a_task_fails(dag: Any) -> None:
    assert dag.doc_md.startswith("# ")
    assert "**By hand.**" in dag.doc_md
    assert "**When a task fails**" in dag.doc_md
    for task in dag.tasks:
        assert f"`{task.task_id}`" in dag.doc_md, f"{task.task_id} is not in the doc"


def test_its_params_are_typed_and_described(dag: Any) -> None:
    for name in dag.params:
        param = dag.params.get_param(name)
        assert param.description, name
        assert param.schema["title"], name
        assert param.schema["type"], name


#: What a person may name freely, because only the bucket knows which there are.
NAMES_OF_THE_BUCKET = {"models", "test_corpora"}


def test_lists_offer_what_can_be_chosen(dag: Any) -> None:
    for name in dag.params:
        schema = dag.params.get_param(name).schema
        if "array" not in schema["type"] or name in NAMES_OF_THE_BUCKET:
            continue
        assert schema["items"]["enum"], name
        assert schema["examples"] == schema["items"]["enum"], name  # Airflow's form offers these


def test_the_stages_that_can_be_chosen_are_those_after_an_update(dag_bag: Any) -> None:
    schema = dag_bag.dags["emmaa_after_update"].params.get_param("stages").schema
    assert schema["items"]["enum"] == [str(stage) for stage in AFTER_UPDATE_STAGES]


#: The scripts' names, by which people know the stages, where a stage's own name is another.
STAGE_TASKS = {
    Stage.MODEL_UPDATE: "model.run_model_update",
    Stage.MM_UPDATE: "update_model_manager",
    Stage.MODEL_STATS: "run_model_stats",
    Stage.TESTS: "test_corpus.run_model_tests",
    Stage.TEST_STATS: "test_corpus.run_test_stats",
    Stage.QUERIES: "answer_queries",
    Stage.MODEL_TO_TESTS: "model_to_tests",
    Stage.NOTIFICATION: "notify",
    Stage.EMAIL: "run_email_notifications",
}


def test_each_stage_has_one_task_and_what_is_mapped_has_a_group(dag_bag: Any) -> None:
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    found = [(t.stage, t.task_id) for t in tasks if isinstance(t, EmmaaBatchOperator)]
    assert sorted(found) == sorted(STAGE_TASKS.items())
    assert set(STAGE_TASKS) == set(Stage)
    for task in tasks:
        grouped = task.task_group is not None and task.task_group.group_id is not None
        assert grouped == ("." in task.task_id) == bool(task.get_closest_mapped_task_group())


def test_its_tasks_are_retried_after_a_while(dag_bag: Any, dag: Any) -> None:
    for task in dag.tasks:
        assert task.retries > 0, task.task_id


def waits_in_the_triggerer(task: Any) -> bool:
    return isinstance(task, EmmaaBatchOperator | UploadWatchOperator)


def test_what_waits_occupies_no_worker(dag: Any) -> None:
    for task in dag.tasks:
        if isinstance(task, EmmaaBatchOperator):
            assert task.deferrable, task.task_id
        if isinstance(task, BaseSensorOperator):
            assert task.reschedule, task.task_id


def test_light_tasks_have_a_timeout_and_jobs_have_that_of_their_definition(dag: Any) -> None:
    for task in dag.tasks:
        assert (task.execution_timeout is None) == waits_in_the_triggerer(task), task.task_id


def test_its_last_task_tells_what_failed(dag: Any) -> None:
    (last,) = dag.leaves
    assert isinstance(last, OutcomeOperator)
    others = [task for task in dag.tasks if task is not last]
    assert set(last.get_flat_relative_ids(upstream=True)) == {task.task_id for task in others}
    assert all(leave_note in task.on_failure_callback for task in others)
    assert not last.on_failure_callback


def test_its_last_task_waits_for_all_branches(dag: Any) -> None:
    (last,) = dag.leaves
    chain = all(len(task.downstream_list) <= 1 for task in dag.tasks)
    mapped = any(mapped_tasks(dag))
    assert last.trigger_rule == ("one_failed" if chain and not mapped else "all_done")


def test_what_people_wait_for_goes_first(dag: Any) -> None:
    for task in dag.tasks:
        assert task.weight_rule == "absolute"  # else what follows a task would count, too
        if isinstance(task, EmmaaBatchOperator):
            assert task.priority_weight == STAGE_PRIORITIES[task.stage]
        else:
            assert task.priority_weight >= LIGHT_PRIORITY
    (last,) = dag.leaves
    assert last.priority_weight == max(task.priority_weight for task in dag.tasks)


def test_a_job_that_tells_people_goes_before_those_that_compute() -> None:
    telling = {Stage.EMAIL, Stage.NOTIFICATION}
    assert set(STAGE_PRIORITIES) == set(Stage)
    assert min(STAGE_PRIORITIES[s] for s in telling) > max(
        weight for stage, weight in STAGE_PRIORITIES.items() if stage not in telling
    )


def test_only_what_submits_jobs_waits_for_the_pool_of_submissions(dag: Any) -> None:
    for task in dag.tasks:
        submits = isinstance(task, EmmaaBatchOperator)
        assert task.pool == (SUBMIT_POOL if submits else "default_pool"), task.task_id


def test_its_runs_do_not_pile_up(dag: Any) -> None:
    assert not dag.catchup
    assert dag.max_active_runs == (1 if dag.timetable.can_be_scheduled else 64)


def test_its_mapped_tasks_have_labels(dag: Any) -> None:
    for task in mapped_tasks(dag):
        assert task.map_index_template, task.task_id


def test_models_and_corpora_are_mapped(dag_bag: Any) -> None:
    counts = {dag_id: len(list(mapped_tasks(dag))) for dag_id, dag in dag_bag.dags.items()}
    assert (counts["emmaa_update_pipeline"], counts["emmaa_after_update"]) == (3, 2)


def test_it_survives_serialization(dag: Any) -> None:
    again = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert sorted(again.task_ids) == sorted(dag.task_ids)


def test_the_task_ids_are_those_that_others_rely_on(dag_bag: Any) -> None:
    assert {dag_id: set(dag.task_ids) for dag_id, dag in dag_bag.dags.items()} == {
        "emmaa_update_pipeline": {
            *(
                "wait_for_turn",
                "list_models",
                "model.plan",
                "model.run_model_update",
                "model.start_mm_update",
            ),
            "outcome",
        },
        "emmaa_mm_update": {"plan", "update_model_manager", "outcome"},
        "emmaa_after_update": {
            *("wait_for_model_stats", "wait_for_test_stats"),
            *("plan", "run_model_stats", "answer_queries", "model_to_tests", "notify", "outcome"),
            *("test_corpus.run_model_tests", "test_corpus.run_test_stats"),
        },
        "emmaa_email_notifications": {"plan", "run_email_notifications", "outcome"},
        "emmaa_upload_watch": {"watch", "outcome"},
        "emmaa_deadline": {"check", "outcome"},
    }


def test_parsing_reads_nothing_but_files(airflow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a DAG file reaches out while it is parsed")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(boto3, "client", refuse)
    monkeypatch.setattr(boto3.Session, "client", refuse)
    monkeypatch.setattr("airflow.utils.session.create_session", refuse)
    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert not bag.import_errors
    assert sorted(bag.dags) == DAGS


HEAVY = {
    *("indra", "pysb", "pybel", "numpy", "pandas", "networkx", "matplotlib", "scipy", "sympy"),
    *("moto", "tweepy", "emmaa_jobs", "infra", "lambdas"),
}


#: What Airflow has imported of itself before it parses a DAG file, and the operator's base.
AIRFLOWS_OWN = """
import airflow.dag_processing.dagbag, airflow.providers.amazon.aws.operators.batch
"""
#: What else the DAGs may import, and how many modules in all: they need 119 now. This is what
#: keeps the folder's parsing within 0.5 s; a benchmark measures the time.
PARSED_WITH = {"emmaa_airflow", "emmaa_cycle", "airflow"}
SETTINGS_WITH = {"pydantic", "pydantic_settings", "dotenv", "packaging"}
MOST_MODULES = 160


def test_parsing_imports_little_beyond_airflow() -> None:
    imported = parsed(f"{AIRFLOWS_OWN}\nbefore = set(sys.modules)")
    packages = {name.partition(".")[0] for name in imported}
    assert packages - sys.stdlib_module_names <= PARSED_WITH | SETTINGS_WITH
    assert len(imported) <= MOST_MODULES, sorted(imported)


def test_parsing_imports_nothing_heavy() -> None:
    imported = {name.partition(".")[0] for name in parsed("before = set()")}
    assert "emmaa_airflow" in imported
    assert not imported & HEAVY


def parsed(prepare: str) -> set[str]:
    """The modules that parsing imports, in a process of its own: this one has imported much else.

    :param prepare: Python code that sets ``before``, the modules not to count
    """
    code = f"""
import importlib.util, pathlib, sys
{prepare}
for file in sorted(pathlib.Path("dags").glob("*.py")):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize("syntax", ["glob", "regexp"])
def test_airflow_takes_no_module_of_the_packages_for_a_plugin(syntax: str) -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(REPOSITORY / "plugins"), ".airflowignore", syntax)
    assert not [path for path in found if "/emmaa_" in path.removeprefix(str(REPOSITORY))]


def core_timetable(dag: Any) -> Any:
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable


def next_run(dag: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """When a DAG that has never run starts for the first time."""
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


def test_parsing_at_the_hour_does_not_pass_the_first_run_over(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = dag_bag.dags["emmaa_update_pipeline"]
    noon = datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert next_run(dag, noon + timedelta(seconds=30), monkeypatch) == noon
