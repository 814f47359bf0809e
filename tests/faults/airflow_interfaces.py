"""The interfaces of a simulated Airflow for processes, people and the Lambda function."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import comms

from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.uploads import UploadWatchOperator
from tests.faults.airflow_rows import RETRIES, Instance
from tests.faults.jobs import DAGS, PLAN_UPDATE, WATCH, PlanTask, planned
from tests.faults.simulated_workers import AirflowDownError, TaskView
from tests.faults.virtual_time import PROCESS, wait

if TYPE_CHECKING:
    from tests.faults.world import World

#: Seconds after which a recreated run ends jobs that nobody wanted; before, each process that has
#: seen that they are unwanted ends them.
LONG_AFTER = 1500.0


class AirflowInterfaces:
    """The execution API, the REST API and the DAGs of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.airflow = world.airflow

    def send(self, message: Any) -> Any:
        """Answer like ``SUPERVISOR_COMMS.send``, for tasks and triggers."""
        try:
            return wait(self.world.api_call(lambda: self._answer(message)))
        except AirflowDownError:
            error = comms.ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status": 503})
            raise AirflowRuntimeError(error=error) from None

    def _answer(self, message: Any) -> Any:
        if isinstance(message, comms.GetTaskStates):
            self._note_look()
            return comms.TaskStatesResult(task_states=self._states(message))
        if isinstance(message, comms.GetDRCount):
            wanted = [(message.dag_id, run_id) for run_id in message.run_ids or ()]
            return comms.DRCount(count=sum(key in self.airflow.runs for key in wanted))
        if isinstance(message, comms.GetPreviousDagRun):
            day, state = message.logical_date, message.state
            run = self.airflow.earlier_run(message.dag_id, day, state)
            found: Any = run and SimpleNamespace(run_id=run.run_id, logical_date=run.logical_date)
            return comms.PreviousDagRunResult.model_construct(dag_run=found)
        if isinstance(message, comms.TriggerDagRun):
            conf = dict(message.conf or {})
            if self.create(message.dag_id, message.run_id, conf, "watch"):
                return comms.OKResponse(ok=True)
            return comms.ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        raise NotImplementedError(type(message).__name__)

    def _note_look(self) -> None:
        for worker in self.world.workers():
            worker.has_looked |= worker.process is PROCESS.get(None)

    def _states(self, message: Any) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = {}
        for run_id in message.run_ids:
            run = self.airflow.runs.get((message.dag_id, run_id))
            for task in run.tasks if run else ():
                right_index = message.map_index is None or message.map_index == task.map_index
                if task.task_id in (message.task_ids or [task.task_id]) and right_index:
                    found.setdefault(run_id, {})[task.state_key] = task.state
        return found

    def push(self, view: TaskView, key: str, value: Any) -> None:
        """Store a value for other tasks.

        :raises AirflowRuntimeError: if the run is not there any more.
        """
        run = self.airflow.runs.get((view.dag_id, view.run_id))
        for task in run.tasks if run else ():
            if (task.task_id, task.map_index) == (view.task_id, view.map_index):
                task.xcoms[key] = value
                return
        error = comms.ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status": 404})
        raise AirflowRuntimeError(error=error)

    def models(self, dag_id: str, run_id: str) -> list[str] | None:
        """Return the XCom of a run's task ``list_models``."""
        run = self.airflow.runs.get((dag_id, run_id))
        return [run.conf["model"]] if run else None

    def waits(self, view: TaskView) -> tuple[int, float]:
        """Return the try of a task that waits, and since when it does."""
        run = self.airflow.runs.get((view.dag_id, view.run_id))
        own = (view.task_id, view.map_index)
        tasks = run.tasks if run else ()
        found = (task.waits_since for task in tasks if (task.task_id, task.map_index) == own)
        return next(found, (0, 0.0))

    def rest(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """``POST /api/v2…``."""
        if self.world.weather.airflow_is_down(self.world.loop.now):
            return 503, {"detail": "no healthy upstream"}
        _, _, dag_id, _ = path.split("/")
        if dag_id not in DAGS:
            return 404, {"detail": f"Dag with dag_id: '{dag_id}' not found"}
        if not self.create(dag_id, body["dag_run_id"], body["conf"], "lambda"):
            return 409, {"detail": {"reason": "Unique constraint violation"}}
        return 200, {"dag_id": dag_id, "dag_run_id": body["dag_run_id"], "state": "queued"}

    def create(
        self,
        dag_id: str,
        run_id: str,
        conf: dict[str, Any],
        creator: str,
        day: datetime | None = None,
    ) -> bool:
        """Create a run; False if there is one of this id."""
        now = self.world.loop.now
        created = self.airflow.create_run(dag_id, run_id, conf, now, creator, day)
        self.world.note(f"run {run_id} of {dag_id}: {'created' if created else 'exists'}")
        if created:
            for task in self.airflow.runs[dag_id, run_id].tasks:
                self.world.loop.call_at(now + LONG_AFTER, partial(self.world.batch.go_on, task.key))
        return created

    def make_operator(self, task: Instance) -> Any:
        """Return the operator that a worker gets by parsing the DAG."""
        if task.dag_id == WATCH:
            return UploadWatchOperator(task_id=task.task_id, retries=RETRIES)
        run = self.airflow.runs[task.dag_id, task.run_id]
        if task.task_id == PLAN_UPDATE:
            return PlanTask(run, self.world.wall_clock)
        stage, plan = planned(task, run)
        return EmmaaBatchOperator(task_id=task.task_id, stage=stage, planned=plan, retries=RETRIES)

    def keep_watching(self) -> None:
        """``@continuous``: a new run of the watch whenever the last one has ended."""
        runs = [run for run in self.airflow.runs.values() if run.dag_id == WATCH]
        if not runs or runs[-1].state != "running":
            self.create(WATCH, f"scheduled__{self.world.loop.now:.2f}", {}, "scheduler")
