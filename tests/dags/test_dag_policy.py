"""Policies for every DAG, existing and future.

Forms, schedules and parsing have files of their own: test_forms.py, test_dag_schedules.py and
test_dag_parsing.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.serialization.serialized_objects import DagSerialization

from emmaa_airflow.dag_defaults import LIGHT_PRIORITY
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.uploads import UploadWatchOperator
from emmaa_airflow.reporting.failures import leave_note
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_cycle.settings_sections import SUBMIT_POOL
from emmaa_cycle.stages import STAGES, Stage
from tests.dags.conftest import DAGS


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
    assert sorted(stage for stage, _ in found) == sorted(Stage)
    assert STAGE_TASKS.items() <= dict(found).items()
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


def test_its_last_task_runs_whatever_became_of_the_others(dag: Any) -> None:
    """It says what came of the run on good days, too."""
    (last,) = dag.leaves
    assert last.trigger_rule == "all_done"


def test_it_is_known_by_a_name_and_one_line(dag: Any) -> None:
    assert dag.dag_display_name == DISPLAY_NAMES[dag.dag_id]
    assert 20 < len(dag.description) < 80
    assert "\n" not in dag.description


def test_what_people_wait_for_goes_first(dag: Any) -> None:
    for task in dag.tasks:
        assert task.weight_rule == "absolute"  # else what follows a task would count, too
        if isinstance(task, EmmaaBatchOperator):
            assert task.priority_weight == STAGES[task.stage].priority
        else:
            assert task.priority_weight >= LIGHT_PRIORITY
    (last,) = dag.leaves
    assert last.priority_weight == max(task.priority_weight for task in dag.tasks)


def test_a_job_that_tells_people_goes_before_those_that_compute() -> None:
    telling = [spec.priority for spec in STAGES.values() if spec.sends_mail]
    assert len(telling) == 2
    assert min(telling) > max(spec.priority for spec in STAGES.values() if not spec.sends_mail)


def test_only_what_submits_jobs_waits_for_the_pool_of_submissions(dag: Any) -> None:
    for task in dag.tasks:
        submits = isinstance(task, EmmaaBatchOperator)
        assert task.pool == (SUBMIT_POOL if submits else "default_pool"), task.task_id


def test_its_runs_do_not_pile_up(dag: Any) -> None:
    assert not dag.catchup
    is_single = dag.timetable.can_be_scheduled and dag.dag_id != "emmaa_update_pipeline"
    assert dag.max_active_runs == (1 if is_single else 64)


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
    relied_on = {
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
            *("check_quality", "announce"),
            *("test_corpus.run_model_tests", "test_corpus.run_test_stats"),
        },
        "emmaa_email_notifications": {"plan", "run_email_notifications", "outcome"},
        "emmaa_upload_watch": {"watch", "outcome"},
        "emmaa_deadline": {"check", "outcome"},
    }
    for dag_id, ids in relied_on.items():
        assert ids <= set(dag_bag.dags[dag_id].task_ids), dag_id
