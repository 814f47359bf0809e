"""# The daily mail

Every day at six (EST, see `[schedule]` of the settings) one Batch job mails all users the news about the queries that
they subscribed to.

**By hand.** *Trigger* it. It sends what was not sent yet; nobody gets the same news twice.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | Only the settings can be the cause. |
| `run_email_notifications` | The task's log ends with the job's own log. Some users may have got their mail already: the log says who. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
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
    description="Each day, mails users what is new about their queries",
    schedule=daily(load_settings().schedule.email_notifications),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=["emmaa", "mail", "scheduled"],
    doc_md=__doc__,
)
def emmaa_email_notifications() -> None:
    """Mail the news about queries."""

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
