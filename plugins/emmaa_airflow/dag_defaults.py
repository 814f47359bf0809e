"""What all DAGs of the cycle have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable

from emmaa_cycle.settings import load_settings

OWNER = "emmaa"
#: Names a mapped task instance of an :class:`EmmaaBatchOperator` in the UI.
PLAN_LABEL = "{{ task.label }}"
#: Names a mapped Python task by the model it was given.
MODEL_LABEL = "{{ task.op_kwargs['model'] }}"
#: Runs of one DAG at once: one for each of many models, while the UI stays readable.
MODEL_RUNS = 64


def default_args() -> dict[str, Any]:
    """The arguments of all tasks.

    Retries bridge what passes: AWS or Airflow itself being away for some minutes. Bad input and
    failed jobs are not retried, unless the job says that a source was unavailable.
    """
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
    }


def daily(cron: str) -> CronTriggerTimetable:
    """A schedule in the deployment's time zone.

    A DAG without a start date, deployed after its hour, waits for the next one. The minute is for
    the very first run, which would otherwise be passed over if the DAG is parsed just then.
    """
    return CronTriggerTimetable(
        cron, timezone=load_settings().schedule.timezone, run_immediately=timedelta(minutes=1)
    )
