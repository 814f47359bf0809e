"""One simulated deployment: account, Airflow, people, and the weather above them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import comms
from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.operators.uploads import UploadWatchOperator
from emmaa_cycle.dates import format_round
from emmaa_cycle.s3_layout import model_key, model_manager_key
from tests.faults.aws_transport import Transport
from tests.faults.fake_airflow import RETRIES, FakeAirflow, Instance
from tests.faults.fake_batch import End, FakeBatch, Job
from tests.faults.fake_s3 import FakeBucket, Stored
from tests.faults.jobs import DAGS, WATCH, choose_end, planned
from tests.faults.lambda_service import LambdaService
from tests.faults.simulated_processes import (
    AirflowDownError,
    Scheduler,
    TaskView,
    Triggerer,
    Worker,
)
from tests.faults.virtual_time import PROCESS, KilledError, Process, VirtualLoop, wait
from tests.faults.weather import Weather, current_attempt

T = TypeVar("T")
BUCKET = "emmaa"
EPOCH = datetime(2026, 3, 2, 12, tzinfo=UTC)
API_PATIENCE = 60.0
EXPECTED_ERRORS = (
    *(AirflowException, AirflowRuntimeError, BotoCoreError, ClientError),
    *(asyncio.CancelledError, KilledError, GeneratorExit),
)
#: A process that finds its own job superfluous ends it within so long.
AT_ONCE_SECONDS = 30.0
BUSY_TICK, IDLE_TICK = 2.0, 8.0


class World:
    """Everything of one schedule.

    :param seed: makes the whole schedule
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)  # noqa: S311 - a simulation
        self.loop = VirtualLoop()
        self.weather = Weather.of(self.rng)
        self.weather.note = self.note
        self.executor_adopts = self.rng.random() < 0.5
        self.has_on_kill = self.rng.random() < 0.6  # else it is Airflow 3.2
        self.uploads: list[Stored] = []
        self.story: list[str] = []
        self.surprises: list[str] = []
        self.airflow = FakeAirflow(DAGS)
        self.bucket = FakeBucket(BUCKET, self.right_time)
        self.batch = FakeBatch(
            lambda: self.loop.now,
            self.loop.call_at,
            self.rng,
            choose_end,
            self._upload_of,
            self._is_wanted,
            self.weather.list_lag,
            self.weather.describe_lag,
        )
        self.aws = Transport(self)
        self.functions = LambdaService(self)
        self.uses_lambda = self.rng.random() < 0.75
        self.scheduler: Scheduler | None = None
        self.schedulers = 0
        self.triggerers: list[Triggerer] = []

    # -- time -----------------------------------------------------------------------------------

    def right_time(self) -> datetime:
        """The wall clock of AWS."""
        return EPOCH + timedelta(seconds=self.loop.now)

    def tick(self) -> float:
        """How long scheduler and triggerers wait between two looks: longer while all wait."""
        waiting = ("up_for_retry", "deferred")
        busy = any(
            task.state not in waiting or (task.dag_id != WATCH and task.state == "deferred")
            for task in self.airflow.unfinished()
        )
        return BUSY_TICK if busy else IDLE_TICK

    def wall_clock(self) -> datetime:
        """The wall clock of the running process, which may be wrong."""
        process = PROCESS.get(None)
        return self.right_time() + timedelta(
            seconds=process.clock.error(self.loop.now) if process else 0
        )

    def sleep(self, seconds: float) -> None:
        """``time.sleep`` of simulated code."""
        wait(asyncio.sleep(max(seconds, 0)))

    def note(self, what: str) -> None:
        """Add a line to the schedule's story, which people read to understand a violation."""
        process = PROCESS.get(None)
        who = process.name if process else ""
        self.story.append(f"{self.loop.now:9.2f}  {who:<70}  {what}")

    def note_error(self, error: BaseException) -> None:
        """Keep an error that is neither AWS's nor Airflow's: the code's own."""
        if not isinstance(error, EXPECTED_ERRORS):
            self.surprises.append(f"{type(error).__name__}: {error}")

    # -- steps of processes ---------------------------------------------------------------------

    async def cross(self, effect: Callable[[], T]) -> T:
        """A step of a process to something outside, before and after which it may die."""
        process = PROCESS.get()
        await asyncio.sleep(self.rng.choice([0.005, 0.02, 0.1]))
        self.weather.strikes(self.loop.now, process)
        await asyncio.sleep(0)
        result = effect()
        self.weather.strikes(self.loop.now, process)
        await asyncio.sleep(self.rng.choice([0.005, 0.02, 0.1]))
        return result

    async def aws_call(self, effect: Callable[[], T]) -> T | str:
        """A request to AWS; a fault's name if it fails or its answer is lost."""
        fault = self.weather.aws_fault(self.loop.now)
        if fault in ("", "lost"):
            result = await self.cross(effect)
            if not fault:
                return result
        else:
            await self.cross(lambda: None)
        self.note(f"AWS: {fault}")
        await asyncio.sleep(self.rng.choice([0.1, 20]) if fault in ("lost", "refused") else 0)
        return fault

    async def api_call(self, effect: Callable[[], T]) -> T:
        """A request of one of Airflow's own processes to the API server, with its retries."""
        until = self.loop.now + API_PATIENCE
        while self.weather.airflow_is_down(self.loop.now):
            if self.loop.now >= until:
                raise AirflowDownError
            await asyncio.sleep(5)
        return await self.cross(effect)

    def batch_call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """A request that has reached AWS Batch."""
        if operation != "describejobs":
            self.note(f"{operation} {body.get('jobName') or body.get('jobId') or ''}")
        answer = self.batch.handle(operation, body, current_attempt())
        process = PROCESS.get(None)
        if operation == "submitjob" and process:
            job = self.batch.jobs[answer["jobId"]]

            def look() -> None:
                job.left_alone = not process.alive

            self.loop.call_at(self.loop.now + AT_ONCE_SECONDS, look)
        return answer

    # -- Airflow's interfaces -------------------------------------------------------------------

    def send(self, message: Any) -> Any:
        """What ``SUPERVISOR_COMMS.send`` does, for tasks and triggers."""
        try:
            return wait(self.api_call(lambda: self._answer(message)))
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
        if isinstance(message, comms.TriggerDagRun):
            conf = dict(message.conf or {})
            if self._create(message.dag_id, message.run_id, conf, "watch"):
                return comms.OKResponse(ok=True)
            return comms.ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        raise NotImplementedError(type(message).__name__)

    def _note_look(self) -> None:
        for worker in self.workers():
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

    def rest(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """``POST /api/v2…``."""
        if self.weather.airflow_is_down(self.loop.now):
            return 503, {"detail": "no healthy upstream"}
        _, _, dag_id, _ = path.split("/")
        if dag_id not in DAGS:
            return 404, {"detail": f"Dag with dag_id: '{dag_id}' not found"}
        if not self._create(dag_id, body["dag_run_id"], body["conf"], "lambda"):
            return 409, {"detail": {"reason": "Unique constraint violation"}}
        return 200, {"dag_id": dag_id, "dag_run_id": body["dag_run_id"], "state": "queued"}

    def _create(self, dag_id: str, run_id: str, conf: dict[str, Any], creator: str) -> bool:
        created = self.airflow.create_run(dag_id, run_id, conf, self.loop.now, creator)
        self.note(f"run {run_id} of {dag_id}: {'created' if created else 'exists'}")
        return created

    def task(self, view: TaskView) -> Instance:
        """The row of a task instance."""
        for task in self.airflow.runs[view.dag_id, view.run_id].tasks:
            if (task.task_id, task.map_index) == (view.task_id, view.map_index):
                return task
        raise LookupError(view)

    def make_operator(self, task: Instance) -> Any:
        """The operator that a worker gets by parsing the DAG."""
        if task.dag_id == WATCH:
            return UploadWatchOperator(task_id=task.task_id, retries=RETRIES)
        run = self.airflow.runs[task.dag_id, task.run_id]
        stage, plan = planned(task, run.conf, self.right_time())
        return EmmaaBatchOperator(task_id=task.task_id, stage=stage, planned=plan, retries=RETRIES)

    def keep_watching(self) -> None:
        """``@continuous``: a new run of the watch whenever the last one has ended."""
        runs = [run for run in self.airflow.runs.values() if run.dag_id == WATCH]
        if not runs or runs[-1].state != "running":
            self._create(WATCH, f"scheduled__{len(runs)}", {}, "scheduler")

    # -- what happens in the bucket -------------------------------------------------------------

    def upload(self, key: str, body: str) -> None:
        """Somebody stores an object, and S3 tells of it."""
        stored = self.bucket.put(key, body)
        self.uploads.append(stored)
        self.note(f"upload of {key}")
        if self.uses_lambda:
            self.functions.notify([self.bucket.event_record(stored)])

    def _upload_of(self, job: Job) -> None:
        """What a successful job leaves in the bucket."""
        (dag_id, run_id, _, _), _ = job.attempt
        conf = self.airflow.runs[dag_id, run_id].conf
        if dag_id == "emmaa_mm_update":
            self.upload(model_manager_key(conf["model"], conf["date"]), f"{job.id} made it")
        elif dag_id == "emmaa_update_pipeline":
            date = format_round(self.right_time())
            self.upload(model_key(conf["model"], date), f"{job.id} made it")

    def _is_wanted(self, job: Job) -> bool:
        """Whether nobody has marked the job's task meanwhile."""
        (dag_id, run_id, task_id, index), _ = job.attempt
        for task in self.airflow.runs[dag_id, run_id].tasks:
            if (task.task_id, task.map_index) == (task_id, index):
                return not task.kills or task.state != task.kills[-1].state
        return False

    # -- processes ------------------------------------------------------------------------------

    def start_scheduler(self) -> None:
        """Begin another life of the scheduler."""
        self.scheduler = Scheduler(self)
        self.schedulers += 1
        self.loop.start(self.scheduler.process, self.scheduler.run())

    def start_triggerer(self) -> None:
        """Begin another life of a triggerer."""
        triggerer = Triggerer(self)
        self.triggerers.append(triggerer)
        self.loop.start(triggerer.process, triggerer.run())

    def start_as(self, kind: str, work: Any) -> None:
        """Let somebody do something."""
        self.loop.start(Process(kind), work)

    def hears_of_kills(self, task: Instance) -> bool:
        """Whether a process is there that ends the task's job if a person marks the task now."""
        if task.state == "deferred" and task.deferral:
            trigger_id = task.deferral.trigger_id
            return any(t.process.alive and t.follows(trigger_id) for t in self.triggerers)
        worker = task.worker if task.state == "running" else None
        return bool(worker and worker.process.alive and not worker.has_looked)

    def workers(self) -> list[Worker]:
        """Workers whose task process lives."""
        found = [task.worker for task in self.airflow.instances() if task.worker]
        return [worker for worker in found if worker.process.alive and not worker.ended]

    @property
    def comms(self) -> Any:
        """What takes the place of ``SUPERVISOR_COMMS``."""
        return SimpleNamespace(send=self.send)


__all__ = ["End", "World"]
