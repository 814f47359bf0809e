"""# The daily update

Every day at noon (EST, see `[schedule]` of the settings) a run handles each model as its config says:

| `config.json` | effect |
|---|---|
| `run_daily_update: true` | a Batch job reads new literature and uploads the model's new state; that upload starts `emmaa_mm_update` |
| otherwise `run_daily_tests: true` | the run starts `emmaa_mm_update` on the newest state of the model |
| neither | both tasks of the model are skipped |

**Models are independent.** A run skips a model whose previous update is still in flight; the task's log names the run and job of that
update, and Batch's reason. All other models proceed. Nothing is lost: the next update reads the ten days before it.

**By hand.** *Trigger* it for all models, or list some of them by folder or human-readable name.

**A backfill** reads the literature up to each of its days again. It handles the days of a model one after another, however many active
runs its form allows. Subscribers are notified only if *Notify subscribers* is `yes`. To repeat days that already have a run, use the form's *Reprocess Behavior*.

> **Tick *Override parameters on existing runs* in every backfill.** Only then does Airflow 3.3 send *Models* and *Notify subscribers*.
> `list_models` refuses runs without these values, because they would otherwise update all models.

**When a task fails**

| task | what to do |
|---|---|
| `wait_for_turn` | A day of a backfill has waited for a week. The task's log names the run of an earlier day: fix that run, then clear the task. |
| `list_models` | The bucket cannot be listed, a model that you named does not exist, the conf has an unknown field, or a backfill has no values from its form: the message says which, and suggests similar names. Start a new run; the conf of a run cannot be changed. A folder under `models/` whose name is not valid for a model does not fail the task: the log and `emmaa_deadline` report it. |
| `model.plan` | The model's `config.json` is missing or wrong; the message names key and field. Correct it in the bucket and clear the task. Other models are not affected. *This day has waited since …*: the task's log names the job or run that blocks it; end it, and clear the task. |
| `model.run_model_update` | The task's log ends with the log of the job. Exit code 2 is bad input: correct it. Exit code 3 is a source that was still unavailable after all retries. Clear the task to run the job again. *Was ended: the stage has taken longer than batch.total_seconds allows*: the message has Batch's reason; fix what the job waited for. *Has a newer state*: clear `model.plan` of the model with its downstream tasks. |
| `model.start_mm_update` | Airflow could not start the run. Clear the task; it does not matter if the run exists already. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from emmaa_airflow.dag_defaults import (
    MODEL_LABEL,
    MODEL_RUNS,
    PLAN_LABEL,
    daily,
    default_args,
    runs_stage,
)
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.day_order import TurnSensor
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.planning import params, tasks
from emmaa_airflow.reporting.run_results import daily_update_result
from emmaa_airflow.rounds.update_order import await_turn
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.dag_runs import start_run
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.daily import RunRequest
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage


@dag(
    dag_id="emmaa_update_pipeline",
    dag_display_name=DISPLAY_NAMES["emmaa_update_pipeline"],
    description="Updates each model from new literature, or has it tested, every day",
    schedule=daily(load_settings().schedule.update_pipeline),
    catchup=False,
    max_active_runs=MODEL_RUNS,  # no day waits for the runs of earlier days
    max_active_tasks=64,
    default_args=default_args(),
    params={
        "models": params.models(),
        "notify": params.notify("yes, except in a backfill", backfills=True),
    },
    tags=["emmaa", "update", "scheduled"],
    doc_md=__doc__,
)
def emmaa_update_pipeline() -> None:
    """Update each model, or have it tested."""

    @task(task_id="list_models")
    def list_models(params: Any = None, dag: Any = None, dag_run: Any = None) -> list[str]:
        """List the models of this run."""
        tasks.check_conf(dag, dag_run)
        return tasks.list_models(params)

    @task_group(group_id="model")
    def one_model(model: str) -> None:
        """Update or test one model, as its config says."""

        @task(task_id="plan", multiple_outputs=True, map_index_template=MODEL_LABEL)
        def plan(model: str, params: Any = None, **context: Any) -> dict[str, Any]:
            """Read the model's config and decide what it needs."""
            await_turn(model, context)
            run = RunFacts.of(context["dag_run"])
            return tasks.plan_model(model, params, run).to_json()

        @task(task_id="start_mm_update", map_index_template=MODEL_LABEL)
        def start_mm_update(model: str, run: dict[str, Any] | None, no_run: str) -> str:
            """Start the assembly and tests of a model that is not updated."""
            if run is None:
                raise AirflowSkipException(no_run)
            start_run(RunRequest(**run))
            return str(run["run_id"])

        planned: Any = plan(model=model)
        EmmaaBatchOperator(
            task_id="run_model_update",
            planned=planned["plan"],
            map_index_template=PLAN_LABEL,
            **runs_stage(Stage.MODEL_UPDATE),
        )
        start_mm_update(model=model, run=planned["run"], no_run=planned["no_run"])

    models: Any = list_models()
    TurnSensor(task_id="wait_for_turn") >> models
    one_model.expand(model=models) >> OutcomeOperator(
        task_id="outcome",
        result=daily_update_result,
        labels_task="list_models",
    )


emmaa_update_pipeline()
