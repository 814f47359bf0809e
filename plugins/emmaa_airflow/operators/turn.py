"""One run of a DAG at work at a time, earlier days first, also in a backfill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.utils.state import DagRunState, TaskInstanceState

from emmaa_airflow.task_states import DONE

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
    form, with 10 as the command's default. It occupies no worker while it waits.

    A run is at work from the end of this task to that of its last one, also between two tasks,
    when Airflow has scheduled none of them; and while a task is that was cleared alone. A run
    without a date counts as later than all that have one. So runs that wait block those of later
    days alone, and no two wait for each other: of the runs that belong to no backfill, and only
    those can be without a date, Airflow lets one run at once.

    :param work: the ids of the tasks that no two runs may have at once
    :param last: the id of the DAG's last task
    """

    def __init__(self, *, work: Sequence[str], last: str, **kwargs: Any) -> None:
        waiting = {
            "mode": "reschedule",
            "poke_interval": 30,
            # A run that waits for so long fails, and operators hear of it.
            "timeout": timedelta(days=1),
        }
        super().__init__(**{**waiting, **kwargs})
        self.work = list(work)
        self.last = last

    def poke(self, context: Context) -> bool:
        """Look once, and log what is waited for."""
        ti: Any = context["ti"]
        if earlier := ti.get_previous_dagrun(state=str(DagRunState.RUNNING)):
            self.log.info("Waiting for the run of an earlier day, %s", earlier.run_id)
            return False
        states: dict[str, dict[str, str | None]] = ti.get_task_states(
            dag_id=ti.dag_id, task_ids=[self.task_id, self.last]
        )
        states.pop(ti.run_id, None)
        passed = (run for run, tasks in states.items() if self._has_passed(tasks))
        if busy := self._first(ti, passed, [DagRunState.RUNNING, DagRunState.QUEUED]):
            self.log.info("Waiting for a run that is at work, %s", busy)
            return False
        at_work = [str(state) for state in _AT_WORK]
        if count := ti.get_ti_count(dag_id=ti.dag_id, task_ids=self.work, states=at_work):
            self.log.info("Waiting for another run, of which %d tasks are at work", count)
            return False
        if context["dag_run"].logical_date is not None:
            return True
        waiting = (run for run, tasks in states.items() if tasks.get(self.task_id) not in DONE)
        if dated := self._first(ti, waiting, [DagRunState.RUNNING]):
            self.log.info("Waiting for a run with a date, %s", dated)
        return not dated

    def _has_passed(self, tasks: dict[str, str | None]) -> bool:
        turn, last = tasks.get(self.task_id), tasks.get(self.last)
        return turn == TaskInstanceState.SUCCESS and last not in DONE

    @staticmethod
    def _first(ti: Any, run_ids: Iterable[str], states: list[DagRunState]) -> str:
        """The first of the runs that is in one of the states; empty if none is.

        A run that was ended may keep tasks without a state.
        """
        names = [str(state) for state in states]
        found = (
            run_id
            for run_id in run_ids
            if ti.get_dr_count(dag_id=ti.dag_id, run_ids=[run_id], states=names)
        )
        return next(found, "")
