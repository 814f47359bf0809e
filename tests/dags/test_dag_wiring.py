"""Each task is given the rule that is its own; the rules themselves have tests beside them."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_airflow.operators.notification import NotificationOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.round_order import RoundSensor
from emmaa_airflow.reporting import run_results
from emmaa_cycle.stages import Stage

#: By DAG: what finds its result, the task that names its map indexes, and what its failure means.
OUTCOMES = {
    "emmaa_update_pipeline": (run_results.daily_update_result, "list_models", ""),
    "emmaa_mm_update": (run_results.assembly_result, None, ""),
    "emmaa_after_update": (run_results.round_result, "plan", ""),
    "emmaa_email_notifications": (run_results.mail_result, None, ""),
    "emmaa_deadline": (run_results.deadline_result, None, "the daily cycle is late"),
    "emmaa_upload_watch": (
        run_results.watch_result,
        None,
        "lost uploads are not being repaired",
    ),
}
#: By sensor: the stage that waits, and the tasks of earlier rounds that it waits for.
SENSORS = {
    "wait_for_model_stats": (Stage.MODEL_STATS, ["run_model_stats"]),
    "wait_for_test_stats": (Stage.TEST_STATS, ["test_corpus.run_test_stats"]),
}
#: What must have ended before a task of ``emmaa_after_update`` begins.
UPSTREAM = {
    "plan": set(),
    "wait_for_model_stats": {"plan"},
    "wait_for_test_stats": {"plan"},
    "run_model_stats": {"plan", "wait_for_model_stats"},
    "test_corpus.run_model_tests": {"plan"},
    "test_corpus.run_test_stats": {"plan", "test_corpus.run_model_tests", "wait_for_test_stats"},
    "answer_queries": {"plan"},
    "model_to_tests": {"plan"},
    "check_quality": {"run_model_stats", "test_corpus.run_test_stats"},
    "announce": {"run_model_stats", "test_corpus.run_test_stats"},
    "notify": {"check_quality"},
    "outcome": {"announce", "notify", "answer_queries", "model_to_tests"},
}


def test_each_dag_says_its_own_result(dag: Any) -> None:
    outcome = dag.get_task("outcome")
    assert isinstance(outcome, OutcomeOperator)
    found = (outcome.result, outcome.labels_task, outcome.headline)
    assert found == OUTCOMES[dag.dag_id]
    assert outcome.labels_task is None or dag.has_task(outcome.labels_task)


@pytest.mark.parametrize("task_id", SENSORS)
def test_statistics_wait_for_their_like_in_earlier_rounds(dag_bag: Any, task_id: str) -> None:
    dag = dag_bag.dags["emmaa_after_update"]
    sensor = dag.get_task(task_id)
    assert isinstance(sensor, RoundSensor)
    assert (sensor.stage, sensor.tasks) == SENSORS[task_id]
    assert sensor.plan_task == "plan"
    assert all(dag.has_task(task) for task in sensor.tasks)


def test_the_notification_is_of_the_rounds_own_statistics(dag_bag: Any) -> None:
    notify = dag_bag.dags["emmaa_after_update"].get_task("notify")
    assert isinstance(notify, NotificationOperator)
    named = (notify.plan_task, notify.model_stats_task, notify.corpus_stats_task)
    assert named == ("plan", "run_model_stats", "test_corpus.run_test_stats")
    assert notify.gate_task == "check_quality"
    assert notify.trigger_rule == "all_done"


def test_what_follows_what_after_an_update(dag_bag: Any) -> None:
    dag = dag_bag.dags["emmaa_after_update"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == UPSTREAM
