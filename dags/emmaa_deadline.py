"""# The deadline

At a set hour (midnight EST, see `[deadline]` of the settings) this checks in the bucket whether each model has completed the
latest daily cycle. A model has completed it when a round that began since then has its statistics, of the model and of each of
its test corpora. Late models are reported to the operators once, by name, with what is missing and the run that should have made it.

If the daily update has no schedule, there is nothing to check. A model whose config cannot be read counts as late, and so does a
folder under `models/` whose name no model can have: it is named, and all others are checked. A model with neither `run_daily_update`
nor `run_daily_tests` is ignored. Each cycle is checked once, and none before `emmaa_update_pipeline` has run for the first time.

**By hand.** *Trigger* it to check the latest cycle now.

**When a task fails**

| task | what to do |
|---|---|
| `check` | Its message names the late models, each with the run to look at: see what failed there, or why it takes so long. *No run was started*: see `emmaa_upload_watch` and the upload function. *Its update is in flight*: Batch's reason says what its job waits for; end the job in Batch's console if it need not go on. *It cannot be looked at*: S3 refuses an object or gave no answer; the reason is there. Any other message: the bucket or Airflow's API was unavailable; clear the task. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
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
    description="Each night, names the models whose daily cycle is not complete",
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
