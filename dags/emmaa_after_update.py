"""# What follows a new round

Computes the model's statistics, tests the model against each of its corpora, computes the statistics of those tests,
answers registered queries, turns the model into a test corpus, and finally notifies subscribers. The upload of a model
manager starts a run, which works on that round only and ignores later uploads.

The statistics of a corpus wait only for the tests of that corpus. All statistics also wait for those of the model's earlier
rounds while a run is still working on them, because news are found by comparison with the previous round. If an earlier round
failed and is made later, *clear* the statistics of the rounds after it, oldest first. Runs started from the form are not waited for.

If the round breaks a limit of `[quality]` (it lost many statements, say), operators are notified. If the model's rules say
*hold*, subscribers are then notified only if a person approves.

A failed corpus does not stop the others: subscribers are notified of what succeeded, and the run counts as failed.

**By hand.** *Trigger* it with a model's name for its newest round, or add a *Date* for another round. *Stages* and *Test
corpora* select a part: to repeat the tests of one corpus without notifying anybody, select `tests`, `test_stats` and that corpus.
Repeating a stage overwrites the round's objects.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | There is no such model, corpus or round (the message suggests similar names), the conf has an unknown field, or the model's `config.json` is wrong: the message names key and field. Correct it and clear the task. A run that an upload started uses the config stored in the model manager, except for `batch`: other changes take effect in the next round, or in a run by hand. |
| `wait_for_model_stats`, `wait_for_test_stats` | An earlier round of the model has been active for two days; the task's log names its run. Fix that run, then clear the task. |
| `run_model_stats` | The task's log ends with the log of the job. Clear the task when the cause is fixed; `notify` then runs again. |
| `test_corpus.run_model_tests` | As above, for one corpus. A corpus that does not exist under `tests/` is bad input (exit code 2). Exit code 137 means that the job ran out of memory: set `batch.resource_class.tests` to `large` in the model's config, and clear `plan`. |
| `test_corpus.run_test_stats` | As above. |
| `answer_queries`, `model_to_tests` | As above. Nothing else in this run depends on them. |
| `check_quality` | While it waits, the round is held: its tab *Required Actions* says why, and *Approve* or *Reject* decides whether subscribers are notified. It fails if nobody answers in time (`quality.hold_hours`): nothing was sent; clear it to ask again. |
| `announce` | The round's asset events were not emitted, so DAGs of others that wait for them do not start. Clear it. |
| `notify` | Some subscribers may have been notified already. Read the job's log before you clear it. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
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
from emmaa_airflow.operators.announcement import AnnounceRound
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.notification import NotificationOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.quality_gate import QualityGate
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
    description="Tests a new round, computes statistics, answers queries, notifies",
    schedule=None,
    max_active_runs=MODEL_RUNS,
    default_args=default_args(),
    params={
        "model": params.model(),
        "date": params.date("model manager"),
        "test_corpora": params.test_corpora(),
        "stages": params.stages(),
        "notify": params.notify("as decided by the run that made the manager, otherwise yes"),
        **params.upload(),
    },
    tags=["emmaa", "tests", "upload"],
    doc_md=__doc__,
)
def emmaa_after_update() -> None:
    """Test a round, compute its statistics and notify subscribers."""
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
        """Test one corpus, then compute its statistics."""
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
    gate = QualityGate(
        task_id="check_quality",
        plan_task="plan",
        model_stats_task="run_model_stats",
        corpus_stats_task="test_corpus.run_test_stats",
    )
    notify = NotificationOperator(
        task_id="notify",
        plan_task="plan",
        gate_task="check_quality",
        model_stats_task="run_model_stats",
        corpus_stats_task="test_corpus.run_test_stats",
        trigger_rule="all_done",
        **runs_stage(Stage.NOTIFICATION),
    )
    announce = AnnounceRound(
        task_id="announce",
        plan_task="plan",
        model_stats_task="run_model_stats",
        corpus_stats_task="test_corpus.run_test_stats",
    )
    outcome = OutcomeOperator(
        task_id="outcome",
        result=round_result,
        labels_task="plan",
    )
    planned >> [model_turn, corpora_turn]
    model_turn >> model_stats
    [model_stats, corpora] >> gate >> notify
    [model_stats, corpora] >> announce
    [notify, announce, queries, new_corpus] >> outcome


emmaa_after_update()
