"""The defaults that all DAGs of the cycle share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable

from emmaa_airflow.reporting.failures import leave_note
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import STAGES, Stage

OWNER = "emmaa"
#: Names a mapped task instance of an :class:`EmmaaBatchOperator` in the UI.
PLAN_LABEL = "{{ task.label }}"
#: Names a mapped Python task by its model.
MODEL_LABEL = "{{ task.op_kwargs['model'] }}"
#: Runs of one DAG at once: one for each of many models, while the UI stays readable.
MODEL_RUNS = 64


#: Higher priorities get a worker first: stages whose results people wait for, then short stages,
#: then long ones. Planning and other light tasks come before all jobs.
OUTCOME_PRIORITY = 100
LIGHT_PRIORITY = 70
#: A task that waits for no job and still runs is stuck.
LIGHT_TIMEOUT = timedelta(minutes=30)


def default_args() -> dict[str, Any]:
    """Return the arguments of all tasks.

    Retries bridge outages of AWS or Airflow itself that last some minutes. Bad input and failed
    jobs are not retried, unless the job reports that a source was unavailable. The names of jobs
    depend on the number of retries: see "Changing ``retries``" in docs/dags.md.

    :raises InputError: if a setting is invalid, so that no DAG runs with half of them.
    """
    load_settings()
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": LIGHT_TIMEOUT,
        "priority_weight": LIGHT_PRIORITY,
        "weight_rule": "absolute",
        "on_failure_callback": leave_note,
    }


def runs_stage(stage: Stage) -> dict[str, Any]:
    """Return the arguments of a task that runs a stage's job.

    The task has no timeout, because three others limit it: the job definition's limits each attempt
    of the job, the queue's each wait for a machine, and ``batch.total_seconds`` the whole stage.
    """
    return {
        "stage": stage,
        "priority_weight": STAGES[stage].priority,
        "execution_timeout": None,
    }


def daily(cron: str) -> CronTriggerTimetable | None:
    """Return a schedule in the deployment's time zone; None if the cron is empty.

    A DAG without a start date, deployed after its hour, waits for the next one. Within the first
    minute after a DAG's hour, its first run starts at once; otherwise it would be skipped.
    """
    if not cron:
        return None
    return CronTriggerTimetable(
        cron, timezone=load_settings().schedule.timezone, run_immediately=timedelta(minutes=1)
    )
