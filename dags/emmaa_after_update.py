"""# What follows a new round

Statistics of the model, tests against each of its corpora with their statistics, answers to registered queries, a test
corpus made from the model, and finally the news for its subscribers. The upload of a model manager starts it, and it
works on that very round, whatever else is uploaded meanwhile.

The statistics of a corpus wait for its own tests alone, and all statistics for those of the model's earlier rounds, as long as a
run still works on them, because news come from a comparison with the round before. If an earlier round failed, and is made later, *clear* the
statistics of the rounds after it, one after the other. A run that a person started by the form is not waited for.

A corpus that fails stops no other: subscribers are notified of what
succeeded, and the run counts as failed.

**By hand.** *Trigger* it with a model's name for its newest round, or with a *Date* for another one. *Stages* and *Test
corpora* choose a part: to repeat a corpus' tests without notifying anybody, choose `tests` and `test_stats` and that corpus.
Repeating overwrites the round's objects.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | There is no such model, corpus or round (the message names those that were probably meant), the conf has a field that the DAG does not know, or the model's `config.json` is wrong: the message names key and field. Correct it and clear the task. If an upload started the run, the config is the round's own, as the manager holds it, but for `batch`: what you change otherwise counts from the next round on, or in a run by hand. |
| `wait_for_model_stats`, `wait_for_test_stats` | An earlier round of the model has been active for two days; the task's log names its run. Look at that one; then clear the task. |
| `run_model_stats` | The task's log ends with the job's own log. Clear the task when the cause is gone; `notify` runs again after it. |
| `test_corpus.run_model_tests` | As above, for one corpus. A corpus that does not exist under `tests/` is bad input (exit code 2). Exit code 137 is lack of memory: set `batch.resource_class.tests` to `large` in the model's config, and clear `plan`. |
| `test_corpus.run_test_stats` | As above. |
| `answer_queries`, `model_to_tests` | As above; nothing in this run waits for them. |
| `notify` | Some subscribers may have been notified already. Read the job's log before you clear it. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task, task_group

from emmaa_airflow.dag_defaults import (
    MODEL_RUNS,
    PLAN_LABEL,
    default_args,
    runs_stage,
)
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.notification import NotificationOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.round_order import RoundSensor
from emmaa_airflow.planning import params, tasks
from emmaa_airflow.reporting.run_results import round_result
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.xcom_keys import ROUND_KEY
from emmaa_cycle.stages import Stage


@task(task_id="plan")
def plan(
    params: Any = None, dag: Any = None, dag_run: Any = None, ti: Any = None
) -> list[dict[str, Any]]:
    """Decide which jobs the round needs; one item for each test corpus."""
    tasks.check_conf(dag, dag_run)
    planned = tasks.plan_after_update(params).to_json()
    ti.xcom_push(key=ROUND_KEY, value=planned)
    ti.xcom_push(key="model", value=planned["plan"])
    corpora: list[dict[str, Any]] = planned["corpora"]
    return corpora


@dag(
    dag_id="emmaa_after_update",
    dag_display_name=DISPLAY_NAMES["emmaa_after_update"],
    description="Makes the statistics of a new round, tests it, answers queries and notifies",
    schedule=None,
    max_active_runs=MODEL_RUNS,
    default_args=default_args(),
    params={
        "model": params.model(),
        "date": params.date("model manager"),
        "test_corpora": params.test_corpora(),
        "stages": params.stages(),
        "notify": params.notify("as the run that made the manager decided, else they are"),
        **params.upload(),
    },
    tags=["emmaa", "tests", "upload"],
    doc_md=__doc__,
)
def emmaa_after_update() -> None:
    """Test a round, make its statistics and report them."""
    planned: Any = plan()
    of_model = planned["model"]
    model_turn = RoundSensor(
        task_id="wait_for_model_stats",
        plan_task="plan",
        stage=Stage.MODEL_STATS,
        tasks=["run_model_stats"],
    )
    corpora_turn = RoundSensor(
        task_id="wait_for_test_stats",
        plan_task="plan",
        stage=Stage.TEST_STATS,
        tasks=["test_corpus.run_test_stats"],
    )

    @task_group(group_id="test_corpus")
    def test_corpus(planned: dict[str, Any]) -> None:
        """Test one corpus, then make its statistics."""
        tests = EmmaaBatchOperator(
            task_id="run_model_tests",
            **runs_stage(Stage.TESTS),
            planned=planned,
            map_index_template=PLAN_LABEL,
        )
        statistics = EmmaaBatchOperator(
            task_id="run_test_stats",
            **runs_stage(Stage.TEST_STATS),
            planned=planned,
            map_index_template=PLAN_LABEL,
            trigger_rule="none_failed",  # tests that were not chosen are skipped
        )
        [tests, corpora_turn] >> statistics

    model_stats = EmmaaBatchOperator(
        task_id="run_model_stats", planned=of_model, **runs_stage(Stage.MODEL_STATS)
    )
    corpora = test_corpus.expand(planned=planned)
    queries = EmmaaBatchOperator(
        task_id="answer_queries", planned=of_model, **runs_stage(Stage.QUERIES)
    )
    new_corpus = EmmaaBatchOperator(
        task_id="model_to_tests", planned=of_model, **runs_stage(Stage.MODEL_TO_TESTS)
    )
    notify = NotificationOperator(
        task_id="notify",
        plan_task="plan",
        model_stats_task="run_model_stats",
        corpus_stats_task="test_corpus.run_test_stats",
        trigger_rule="all_done",
        **runs_stage(Stage.NOTIFICATION),
    )
    outcome = OutcomeOperator(
        task_id="outcome",
        result=round_result,
        labels_task="plan",
    )
    planned >> [model_turn, corpora_turn]
    model_turn >> model_stats
    [model_stats, corpora] >> notify
    [notify, queries, new_corpus] >> outcome


emmaa_after_update()
