"""# The deadline

Checks the bucket once a day (at midnight EST, see `[deadline]` of the settings) to see whether each model has completed the latest
daily cycle. A model has completed it when a round that began since then has statistics of the model and of each of its test
corpora. Late models are reported to the operators once, by name, with what is missing and the run that should have made it.

If the daily update has no schedule, there is nothing to check. A model counts as late if its config cannot be read. So does a folder
under `models/` whose name is not valid for a model: it is reported, and all other models are checked. A model with neither
`run_daily_update` nor `run_daily_tests` is ignored. Each cycle is checked once, and only after `emmaa_update_pipeline` has run for the first time.

**By hand.** *Trigger* it to check the latest cycle now.

**When a task fails**

| task | what to do |
|---|---|
| `check` | Its message names the late models, each with a run: see there what failed or why it takes so long. *No run was started*: see `emmaa_upload_watch` and the upload function. *Its update is in flight*: Batch's reason says what the job is waiting for; end the job in Batch's console if it is not needed. *It cannot be looked at*: S3 denied access to an object or did not answer; the message has the reason. Any other message: the bucket or Airflow's API was unavailable; clear the task. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from emmaa_airflow.dag_defaults import daily, default_args
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.planning import tasks
from emmaa_airflow.reporting.late_models import check_deadline
from emmaa_airflow.reporting.run_results import deadline_result
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.settings import load_settings


@dag(
    dag_id="emmaa_deadline",
    dag_display_name=DISPLAY_NAMES["emmaa_deadline"],
    description="Reports, each night, the models whose daily cycle is not complete",
    schedule=daily(load_settings().deadline.cron),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=["emmaa", "operators", "scheduled"],
    doc_md=__doc__,
)
def emmaa_deadline() -> None:
    """Report late models to the operators."""

    @task(task_id="check")
    def check(dag: Any = None, dag_run: Any = None) -> None:
        """Check whether each model has completed the cycle."""
        tasks.check_conf(dag, dag_run)
        check_deadline(RunFacts.of(dag_run), by_hand=dag_run.run_type == "manual")

    check() >> OutcomeOperator(
        task_id="outcome",
        result=deadline_result,
        headline="the daily cycle is late",
    )


emmaa_deadline()
