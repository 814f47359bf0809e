"""The sensor that lets a day of a backfill begin when few of its models would wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.rounds.update_order import LIST_TASK, LONGEST_WAIT, MODEL_TASKS, is_backfill
from emmaa_airflow.runs.dag_runs import earlier_running_runs
from emmaa_airflow.runs.task_states import DONE

if TYPE_CHECKING:
    from airflow.sdk import Context

#: The number of unfinished tasks of earlier days with which a day may begin.
MOST_UNFINISHED = 64
_UNFINISHED = ["null", *(str(state) for state in TaskInstanceState if state not in DONE)]


class TurnSensor(BaseSensorOperator):
    """Lets a day of a backfill begin at the right time, and any other run at once.

    Models take turns independently (:mod:`emmaa_airflow.rounds.update_order`), so a model whose
    update does not end delays no other. With a thousand models, that alone would mean a thousand
    waiting tasks per day; so a day begins only when few of its models would wait.

    The sensor occupies no worker while it waits.
    """

    def __init__(self, **kwargs: Any) -> None:
        waiting = {"mode": "reschedule", "poke_interval": 30, "timeout": LONGEST_WAIT}
        super().__init__(**{**waiting, **kwargs})

    def poke(self, context: Context) -> bool:
        """Check once, and log what the run waits for."""
        if not is_backfill(context):
            return True
        ti: Any = context["ti"]
        unfinished = 0
        for run_id in earlier_running_runs(ti.dag_id, context["dag_run"].logical_date):
            states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[LIST_TASK], run_ids=[run_id])
            if states.get(run_id, {}).get(LIST_TASK) not in DONE:
                self.log.info("Waiting for the run of an earlier day to begin, %s", run_id)
                return False
            unfinished += ti.get_ti_count(
                dag_id=ti.dag_id, task_ids=list(MODEL_TASKS), run_ids=[run_id], states=_UNFINISHED
            )
        if unfinished > MOST_UNFINISHED:
            self.log.info("Waiting for %d unfinished tasks of earlier days", unfinished)
        return unfinished <= MOST_UNFINISHED
