"""# A new round of a model

Assembles one state of a model into a model manager. The upload of a model starts a run; `emmaa_update_pipeline` also
starts one for models that are only tested daily. The upload of the manager then starts `emmaa_after_update`.

Each round has a date as its name. A run that an upload started uses the date of the uploaded model, so that rounds have
the order of the model states. Any other run uses its start time.

**By hand.** *Trigger* it with a model's name to assemble the newest state into a new round, or add a *Date* to assemble
that state. *Notify subscribers*: `as usual` follows the decision of the run that made the model; if a person uploaded the
model, subscribers are notified. Choose `no` to try something without notifying anybody.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | There is no such model (the message suggests similar names) or no such state of it, the conf has an unknown field, or the model's `config.json` is wrong: the message names key and field. Correct it and clear the task. |
| `update_model_manager` | The task's log ends with the log of the job. Exit code 2 is bad input, usually an assembly step of `config.json`: correct it, and clear `plan` with its downstream tasks, so that the new config is read. Exit code 137 means that the job ran out of memory: set `batch.resource_class.mm_update` to `large` in the model's config. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
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
        "notify": params.notify("as decided by the run that made the model, otherwise yes"),
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
