"""One run of a DAG at work at a time, earlier days first, also in a backfill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.utils.state import DagRunState, TaskInstanceState

if TYPE_CHECKING:
    from airflow.sdk import Context

_AT_WORK = [
    TaskInstanceState.SCHEDULED,
    TaskInstanceState.QUEUED,
    TaskInstanceState.RUNNING,
    TaskInstanceState.RESTARTING,
    TaskInstanceState.DEFERRED,
    TaskInstanceState.UP_FOR_RETRY,
]


class TurnSensor(BaseSensorOperator):
    """Lets a run go to work when no run of an earlier day is left and no other is at work.

    A model's update adds to the newest state that it finds, so two updates at once would lose one.
    Airflow's ``max_active_runs`` of a DAG does not hold for backfills: theirs is chosen in the
    form, with 10 as the command's default. It occupies no worker while it waits. Runs that wait
    block those of later days alone, so no two wait for each other.

    :param work: the ids of the tasks that no two runs may have at once
    """

    def __init__(self, *, work: Sequence[str], **kwargs: Any) -> None:
        waiting = {
            "mode": "reschedule",
            "poke_interval": 30,
            # A run that waits for so long fails, and operators hear of it.
            "timeout": timedelta(days=1),
        }
        super().__init__(**{**waiting, **kwargs})
        self.work = list(work)

    def poke(self, context: Context) -> bool:
        """Look once, and log what is waited for."""
        ti: Any = context["ti"]
        if earlier := ti.get_previous_dagrun(state=str(DagRunState.RUNNING)):
            self.log.info("Waiting for the run of an earlier day, %s", earlier.run_id)
            return False
        states = [str(state) for state in _AT_WORK]
        if busy := ti.get_ti_count(dag_id=ti.dag_id, task_ids=self.work, states=states):
            self.log.info("Waiting for another run, of which %d tasks are at work", busy)
            return False
        return True
