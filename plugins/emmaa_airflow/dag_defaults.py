"""The defaults that all DAGs of the cycle share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.timetables.trigger import CronTriggerTimetable

from emmaa_airflow.reporting.failures import leave_note
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

OWNER = "emmaa"
#: Names a mapped task instance of an :class:`EmmaaBatchOperator` in the UI.
PLAN_LABEL = "{{ task.label }}"
#: Names a mapped Python task by the model it was given.
MODEL_LABEL = "{{ task.op_kwargs['model'] }}"
#: Runs of one DAG at once: one for each of many models, while the UI stays readable.
MODEL_RUNS = 64


#: Where tasks wait for a worker, higher ones go first: what people wait to read, then what is soon
#: done, then what takes long. Planning and other light tasks come before all jobs.
OUTCOME_PRIORITY = 100
LIGHT_PRIORITY = 70
STAGE_PRIORITIES = {
    Stage.EMAIL: 90,
    Stage.NOTIFICATION: 90,
    Stage.TEST_STATS: 60,
    Stage.MODEL_STATS: 60,
    Stage.QUERIES: 50,
    Stage.TESTS: 40,
    Stage.MODEL_TO_TESTS: 30,
    Stage.MM_UPDATE: 20,
    Stage.MODEL_UPDATE: 10,
}
#: A task that waits for no job and still runs is stuck.
LIGHT_TIMEOUT = timedelta(minutes=30)


def default_args() -> dict[str, Any]:
    """Return the arguments of all tasks.

    Retries bridge what passes: AWS or Airflow itself being away for some minutes. Bad input and
    failed jobs are not retried, unless the job says that a source was unavailable.
    Jobs' names depend on their number: see "Changing ``retries``" in docs/dags.md.

    :raises InputError: if a setting cannot be used, so that no DAG is there with half of them.
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

    It has no timeout of its own, because three others bound it: the job definition's bounds each
    attempt of the job, the queue's each wait for a machine, and ``batch.total_seconds`` the whole.
    """
    return {
        "stage": stage,
        "priority_weight": STAGE_PRIORITIES[stage],
        "execution_timeout": None,
    }


def daily(cron: str) -> CronTriggerTimetable | None:
    """Return a schedule in the deployment's time zone; None if the cron is empty.

    A DAG without a start date, deployed after its hour, waits for the next one. The minute is for
    the very first run, which would otherwise be passed over if the DAG is parsed just then.
    """
    if not cron:
        return None
    return CronTriggerTimetable(
        cron, timezone=load_settings().schedule.timezone, run_immediately=timedelta(minutes=1)
    )
