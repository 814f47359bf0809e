"""# A new round of a model

Assembles one state of a model into a model manager. The upload of a model starts it; so does `emmaa_update_pipeline`
for models that are only tested daily. The manager's upload then starts `emmaa_after_update`.

The round is named by a date. A run that an upload started takes the date of the uploaded model, so that rounds follow
each other as the models do. Any other run takes its own time.

**By hand.** *Trigger* it with a model's name: the newest state is assembled into a new round. With a *Date*, that state
is. *Notify subscribers*: `as usual` leaves it as the run decided that made the model; where a person uploaded the model,
subscribers are notified. Choose `no` to try something in silence.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | There is no such model (the message names those that were probably meant) or no such state of it, the conf has a field that the DAG does not know, or the model's `config.json` is wrong: the message names key and field. Correct it and clear the task. |
| `update_model_manager` | The task's log ends with the job's own log. Exit code 2 is bad input, mostly an assembly step of `config.json`: correct it, and clear `plan` with what follows, so that the new config is read. Exit code 137 is lack of memory: set `batch.resource_class.mm_update` to `large` in the model's config. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from emmaa_airflow.dag_defaults import MODEL_RUNS, default_args, runs_stage
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.planning import params, tasks
from emmaa_airflow.reporting.run_results import assembly_result
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.stages import Stage


@dag(
    dag_id="emmaa_mm_update",
    dag_display_name=DISPLAY_NAMES["emmaa_mm_update"],
    description="Assembles an uploaded model into a model manager: a new round",
    schedule=None,
    max_active_runs=MODEL_RUNS,
    default_args=default_args(),
    params={
        "model": params.model(),
        "date": params.date("model file"),
        "notify": params.notify("as the run that made the model decided, else they are"),
        **params.upload(),
    },
    tags=["emmaa", "update", "upload"],
    doc_md=__doc__,
)
def emmaa_mm_update() -> None:
    """Assemble a model."""

    @task(task_id="plan", multiple_outputs=False)
    def plan(params: Any = None, dag: Any = None, dag_run: Any = None) -> dict[str, Any]:
        """Find the state of the model to assemble and name the round."""
        tasks.check_conf(dag, dag_run)
        return tasks.plan_mm_update(params, RunFacts.of(dag_run)).to_json()

    manager = EmmaaBatchOperator(
        task_id="update_model_manager", planned=plan(), **runs_stage(Stage.MM_UPDATE)
    )
    manager >> OutcomeOperator(task_id="outcome", result=assembly_result)


emmaa_mm_update()
