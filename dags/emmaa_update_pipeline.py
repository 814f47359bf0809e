"""# The daily update

Every day at noon (EST, see `[schedule]` of the settings) each model is handled by its config:

| its `config.json` says | what happens |
|---|---|
| `run_daily_update: true` | a Batch job reads new literature and uploads the model's new state; that upload starts `emmaa_mm_update` |
| else `run_daily_tests: true` | `emmaa_mm_update` is started on the newest state of the model |
| neither | both tasks of the model are skipped |

**Models are independent.** This run skips a model whose previous update is still in flight, and the task's log names that update's run and
job, and Batch's reason. All other models proceed. Nothing is lost: the next update reads the ten days before it.

**By hand.** *Trigger* starts it for all models, or for those that you name, by folder or by human-readable name.

**A backfill** reads the literature up to each of its days again, for each model one day after the other, however many active runs its form
allows. Subscribers are notified only if *Notify subscribers* is `yes`. Days that have had their run need the form's *Reprocess Behavior*.

> **Tick *Override parameters on existing runs* in every backfill.** Airflow 3.3 sends *Models* and *Notify subscribers* only then. Without
> the tick the runs come without them; `list_models` refuses such a run, and nothing is done, rather than everything for all models.

**When a task fails**

| task | what to do |
|---|---|
| `wait_for_turn` | A day of a backfill has waited for a week. The task's log names the run of an earlier day: look at that one; then clear the task. |
| `list_models` | The bucket cannot be listed, a model that you named is not there, the conf has a field that the DAG does not know, or a backfill came without its form's values: the message says which, and what was probably meant. Start a new run; this one's conf cannot be changed. A folder under `models/` whose name no model can have fails nothing: the log names it, and so does `emmaa_deadline`. |
| `model.plan` | The model's `config.json` is missing or wrong; the message names key and field. Correct it in the bucket and clear the task. Other models are not affected. *This day has waited since …*: the task's log names the job or run in the way; end it, and clear the task. |
| `model.run_model_update` | The task's log ends with the job's own log. Exit code 2 is bad input: correct it. 3 is a source that was unavailable, and was tried again. Clear the task to run the job again. *Was ended: the stage has taken longer than batch.total_seconds allows*: Batch's reason is there; remove what the job waited for. *Has a newer state*: clear `model.plan` of the model with what follows it. |
| `model.start_mm_update` | Airflow could not start the run. Clear the task; a run that is there already is fine. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
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
    description="Each day, reads new literature into each model, or has it tested",
    schedule=daily(load_settings().schedule.update_pipeline),
    catchup=False,
    max_active_runs=MODEL_RUNS,  # the run of a day is made whatever those before it do
    max_active_tasks=64,
    default_args=default_args(),
    params={
        "models": params.models(),
        "notify": params.notify("they are, but not in a backfill", backfills=True),
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
        """Do what one model's config asks for."""

        @task(task_id="plan", multiple_outputs=True, map_index_template=MODEL_LABEL)
        def plan(model: str, params: Any = None, **context: Any) -> dict[str, Any]:
            """Read the model's config and decide what it needs."""
            await_turn(model, context)
            run = RunFacts.of(context["dag_run"])
            return tasks.plan_model(model, params, run).to_json()

        @task(task_id="start_mm_update", map_index_template=MODEL_LABEL)
        def start_mm_update(model: str, run: dict[str, Any] | None, no_run: str) -> str:
            """Have a model assembled and tested that is not updated."""
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
