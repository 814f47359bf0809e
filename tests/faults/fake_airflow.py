"""Airflow's database and the rules by which its parts change it (Airflow 3.3.1).

Taken from ``airflow.models.taskinstance``, ``…jobs.scheduler_job_runner``, ``…models.trigger``
and the execution API's ``task_instances`` routes.
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from tests.faults.airflow_rows import DONE, RETRIES, Deferral, Instance, Kill, Run

RETRY_SECONDS = (120.0, 240.0, 480.0)
_STALE = "this attempt is not the present one, or not running"


class StaleAttemptError(Exception):
    """The execution API's 404, 409 and 410: the attempt may not change its task any more."""


class FakeAirflow:
    """The database."""

    def __init__(self, dags: dict[str, tuple[tuple[str, int], ...]]) -> None:
        self.dags = dags
        self.runs: dict[tuple[str, str], Run] = {}
        self.history = 0
        self._confs: dict[tuple[str, str], dict[str, Any]] = {}
        self._ids = 0

    def instances(self) -> list[Instance]:
        """All task instances."""
        return [task for run in self.runs.values() for task in run.tasks]

    def unfinished(self) -> list[Instance]:
        """Task instances of runs that go on."""
        runs = [run for run in self.runs.values() if not run.stuck]
        return [task for run in runs for task in run.tasks if task.state not in DONE]

    def plan_of(self, task: Instance) -> Instance | None:
        """Return the task that plans this task's job, if its run has one."""
        group, _, name = task.task_id.rpartition(".")
        wanted = (f"{group}.plan", task.map_index)
        tasks = self.runs[task.dag_id, task.run_id].tasks if name != "plan" else ()
        return next((t for t in tasks if (t.task_id, t.map_index) == wanted), None)

    def earlier_run(self, dag_id: str, day: datetime, state: str | None) -> Run | None:
        """Return the run of the latest logical date before a day, optionally in a given state."""
        dated = [(run.logical_date, run) for run in self.runs.values() if run.dag_id == dag_id]
        before = [(date, run) for date, run in dated if date and date < day]
        found = [(date, run) for date, run in before if state in (None, run.state)]
        return max(found, key=lambda dated: dated[0])[1] if found else None

    def create_run(
        self,
        dag_id: str,
        run_id: str,
        conf: dict[str, Any],
        now: float,
        creator: str,
        day: datetime | None = None,
    ) -> bool:
        """Create a run; False if there is one of this id.

        :param day: the logical date of a backfill's run, which has tasks that plan
        """
        if (dag_id, run_id) in self.runs:
            return False
        run = Run(dag_id, run_id, conf, now, creator, logical_date=day)
        tasks = self.dags[dag_id]
        if day is not None:
            tasks = (*((f"{name.rpartition('.')[0]}.plan", index) for name, index in tasks), *tasks)
        run.tasks = [Instance(dag_id, run_id, *task, self._new_id()) for task in tasks]
        self.runs[dag_id, run_id] = run
        self._confs[dag_id, run_id] = conf
        return True

    def conf(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return the conf of a run, even if the run was deleted."""
        return self._confs[dag_id, run_id]

    def _new_id(self) -> int:
        self._ids += 1
        return self._ids

    # -- what a worker asks of the execution API ------------------------------------------------

    def begin(self, task: Instance, ti_id: int, now: float) -> None:
        """``PATCH …/run``."""
        self._check_attempt(task, ti_id, "queued", "restarting")
        task.state, task.heartbeat = "running", now

    def check(self, task: Instance, ti_id: int, now: float) -> None:
        """``PUT …/heartbeat``."""
        self._check_attempt(task, ti_id, "running")
        task.heartbeat = now

    def _check_attempt(self, task: Instance, ti_id: int, *states: str) -> None:
        run = self.runs.get((task.dag_id, task.run_id))
        if run is None or task not in run.tasks or task.id != ti_id or task.state not in states:
            raise StaleAttemptError(_STALE)

    def defer(self, task: Instance, ti_id: int, trigger: Any, method: str) -> None:
        """``PATCH …/state`` with a trigger."""
        self._check_attempt(task, ti_id, "running")
        classpath, kwargs = trigger.serialize()
        task.deferral = Deferral(self._new_id(), classpath, kwargs, method)
        task.state, task.resume = "deferred", None

    def finish(self, task: Instance, ti_id: int, state: str, now: float) -> None:
        """``PATCH …/state`` at the end of a try."""
        self._check_attempt(task, ti_id, "running")
        if state == "failed_try":
            self.fail_try(task, now)
        else:
            task.state, task.resume, task.finished_at = state, None, now

    def reschedule(self, task: Instance, ti_id: int, until: float, now: float) -> None:
        """``PATCH …/state`` of a try that waits without a worker."""
        self._check_attempt(task, ti_id, "running")
        task.state, task.retry_at = "up_for_reschedule", until
        if task.waits_since[0] != task.try_number:
            task.waits_since = (task.try_number, now)

    # -- what scheduler and triggerer do --------------------------------------------------------

    def fail_try(self, task: Instance, now: float) -> None:
        """``handle_failure``: another try, if there is one left."""
        if task.state == "restarting" or task.try_number <= task.max_tries:
            tries = min(task.try_number, len(RETRY_SECONDS))
            task.state, task.retry_at = "up_for_retry", now + RETRY_SECONDS[tries - 1]
            task.id = self._new_id()
        else:
            task.state = "failed"
        task.deferral = task.resume = None

    def trigger_event(self, task: Instance, trigger_id: int, event: Any) -> None:
        """Deliver the event of a trigger, if the task still waits for that trigger."""
        deferral = task.deferral
        if task.state != "deferred" or deferral is None or deferral.trigger_id != trigger_id:
            return
        state = getattr(event, "task_instance_state", None)
        if state is not None:
            task.state = str(state)
            task.xcoms |= event.xcoms or {}
        else:
            task.state, task.resume = "scheduled", (deferral.method, event.payload)
        task.deferral = None

    def forget_worker(self, task: Instance) -> None:
        """``adopt_or_reset_orphaned_tasks``: a scheduler's tasks that no executor adopts."""
        task.id, task.state, task.resume = self._new_id(), None, None

    def executor_event(self, task: Instance, try_number: int, now: float) -> None:
        """``process_executor_events``: the executor says that a try's process has ended."""
        if task.try_number != try_number:
            return
        if task.state == "scheduled" and task.resume:
            return
        if task.state == "restarting":
            task.max_tries, task.state = task.try_number + RETRIES, None
        elif task.state in ("scheduled", "queued", "running"):
            task.errors.append("the executor reported its end, but it was " + str(task.state))
            self.fail_try(task, now)

    # -- what a person does ---------------------------------------------------------------------

    def clear(self, task: Instance, now: float) -> None:
        """Clear a task, in whatever state it is."""
        task.id, task.clears = self._new_id(), task.clears + 1
        if task.state == "running":
            task.state = "restarting"
            return
        task.max_tries = task.try_number + RETRIES
        task.state, task.deferral, task.resume = None, None, None

    def mark(self, task: Instance, state: str, now: float, *, heard: bool) -> None:
        """Mark a task as failed or successful."""
        task.state, task.deferral, task.resume = state, None, None
        task.kills.append(Kill(now, state, heard))

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """Delete a run with all that the database knows of it."""
        del self.runs[dag_id, run_id]
        self.history += 1  # a later run of the same id is another one

    # -- what a failover does -------------------------------------------------------------------

    def copy_of_rows(self) -> dict[tuple[str, str], tuple[Run, list[dict[str, Any]]]]:
        """Copy what the database holds, as a replica has it."""
        return {key: (run, [_row(task) for task in run.tasks]) for key, run in self.runs.items()}

    def changed_since(
        self, rows: dict[tuple[str, str], tuple[Run, list[dict[str, Any]]]]
    ) -> list[Instance]:
        """List the tasks that an earlier copy shows otherwise, or does not show."""
        known = {
            id(task): row["state"]
            for run, tasks in rows.values()
            for task, row in zip(run.tasks, tasks, strict=True)
        }
        unknown = object()
        return [t for t in self.instances() if known.get(id(t), unknown) != t.state]

    def lose_everything_since(
        self, rows: dict[tuple[str, str], tuple[Run, list[dict[str, Any]]]]
    ) -> None:
        """Go on from an earlier copy."""
        self.history += 1
        self.runs = {key: run for key, (run, _) in rows.items()}
        for run, tasks in rows.values():
            for task, row in zip(run.tasks, tasks, strict=True):
                vars(task).update(row)


def _row(task: Instance) -> dict[str, Any]:
    """Return a copy of a task's row; fields outside the database, such as processes, are shared."""
    return {
        name: copy.copy(value) if isinstance(value, list | dict | Deferral) else value
        for name, value in vars(task).items()
    }
