"""# The daily mail

Every day at 6:00 (EST, see `[schedule]` of the settings) one Batch job mails users the news about the queries that
they have subscribed to.

**By hand.** *Trigger* it. It sends only what has not been sent yet; nobody gets the same news twice.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | The settings are wrong; the message names the setting. |
| `run_email_notifications` | The task's log ends with the log of the job. Some users may have received their mail already: the log lists them. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from emmaa_airflow.dag_defaults import daily, default_args, runs_stage
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.planning import tasks
from emmaa_airflow.reporting.run_results import mail_result
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage


@dag(
    dag_id="emmaa_email_notifications",
    dag_display_name=DISPLAY_NAMES["emmaa_email_notifications"],
    description="Mails users, each day, the news about their queries",
    schedule=daily(load_settings().schedule.email_notifications),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=["emmaa", "mail", "scheduled"],
    doc_md=__doc__,
)
def emmaa_email_notifications() -> None:
    """Mail users the news about their queries."""

    @task(task_id="plan", multiple_outputs=False)
    def plan(dag: Any = None, dag_run: Any = None) -> dict[str, Any]:
        """Describe the job."""
        tasks.check_conf(dag, dag_run)
        return tasks.plan_emails(RunFacts.of(dag_run)).to_json()

    mails = EmmaaBatchOperator(
        task_id="run_email_notifications", planned=plan(), **runs_stage(Stage.EMAIL)
    )
    mails >> OutcomeOperator(task_id="outcome", result=mail_result)


emmaa_email_notifications()
