"""# The daily mail

Every day at six (EST, see `[schedule]` of the settings) one Batch job mails all users what is new about the queries that
they have subscribed to.

**By hand.** *Trigger* it. Whoever got a mail for the newest results gets it again.

**When a task fails**

| task | what to do |
|---|---|
| `plan` | Only the settings can be the cause. |
| `run_email_notifications` | The task's log ends with the job's own log. Some users may have got their mail already: the log says who. |
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from emmaa_airflow import planning
from emmaa_airflow.dag_defaults import daily, default_args
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage


@dag(
    dag_id="emmaa_email_notifications",
    dag_display_name="EMMAA 4: daily mail",
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
    def plan(dag_run: Any = None) -> dict[str, Any]:
        """Describe the job."""
        return planning.plan_emails(planning.RunFacts.of(dag_run)).to_json()

    EmmaaBatchOperator(task_id="run_email_notifications", stage=Stage.EMAIL, planned=plan())


emmaa_email_notifications()
