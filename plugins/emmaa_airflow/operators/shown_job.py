"""A submitted job as people see it: the task's log lines, links and XComs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from emmaa_airflow.reporting import links
from emmaa_airflow.runs.page_urls import run_address
from emmaa_airflow.runs.xcom_keys import JOB_KEY, LARGER_CLASS_KEY
from emmaa_cycle.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from emmaa_airflow.batch.submission import Submitted
    from emmaa_cycle.plan import Plan
    from emmaa_cycle.stages import Stage

logger = logging.getLogger(__name__)


def show_job(
    submitted: Submitted, stage: Stage, plan: Plan, console: links.Console, context: Context
) -> None:
    """Log a job that was submitted or adopted, and push its id and links."""
    _log(submitted, stage)
    context["ti"].xcom_push(key=JOB_KEY, value=submitted.job_id)
    if submitted.larger:
        context["ti"].xcom_push(key=LARGER_CLASS_KEY, value=submitted.name)
    settings = load_settings()
    own = settings.launcher.image == "own"  # the existing image chooses dates itself
    date = submitted.job.tags.get("round", "") if own else ""
    results = links.results_of(stage, plan.model, plan.corpus, date)
    show_links(
        context,
        {
            links.JobLink: console.job(submitted.job_id),
            links.LogLink: console.logs(),
            links.ResultsLink: console.results(settings.bucket, results) if results else "",
            links.CauseLink: run_address(*plan.cause) if plan.cause else "",
        },
    )


def show_links(context: Context, addresses: dict[type[links.StoredLink], str]) -> None:
    """Push the addresses of links; an empty one is none."""
    for link, address in addresses.items():
        if address:
            context["ti"].xcom_push(key=link().xcom_key, value=address)


def _log(submitted: Submitted, stage: Stage) -> None:
    job = submitted.job
    how = "Reattached to" if submitted.reattached else "Submitted"
    logger.info("%s Batch job %s (%s)", how, submitted.name, submitted.job_id)
    if submitted.larger:
        logger.warning(
            "The class of this job has too little memory for it: it runs once on the larger"
            " class. To begin there, set batch.resource_class.%s to large in the model's"
            " config.json",
            stage,
        )
    logger.info("Queue %s, definition %s", job.queue, job.definition)
    logger.info("Command: %s", job.command)
