"""One simulated deployment: account, Airflow, people, and the weather above them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError
from botocore.exceptions import BotoCoreError, ClientError

from emmaa_cycle.claims import Claim, refusal
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.uploads import restorations
from tests.faults.airflow_interfaces import AirflowInterfaces
from tests.faults.airflow_rows import Instance
from tests.faults.aws_transport import Transport
from tests.faults.batch_jobs import End, Job
from tests.faults.fake_airflow import FakeAirflow
from tests.faults.fake_batch import FakeBatch
from tests.faults.fake_s3 import FakeBucket, Stored
from tests.faults.jobs import DAGS, WATCH, choose_end
from tests.faults.lambda_service import LambdaService
from tests.faults.simulated_scheduler import Scheduler
from tests.faults.simulated_triggerer import Triggerer
from tests.faults.simulated_workers import AirflowDownError, Worker
from tests.faults.virtual_time import EPOCH, PROCESS, KilledError, Process, VirtualLoop, wait
from tests.faults.weather import HOUR, Weather, current_attempt

T = TypeVar("T")
BUCKET = "emmaa"
_KEYS_OF_RESULTS = {
    "emmaa_update_pipeline": model_key,
    "emmaa_mm_update": model_manager_key,
}
API_PATIENCE = 60.0
EXPECTED_ERRORS = (
    *(AirflowException, AirflowRuntimeError, AirflowDownError, BotoCoreError, ClientError),
    *(asyncio.CancelledError, KilledError, GeneratorExit),
)
#: A process that finds its own job superfluous ends it within so long.
AT_ONCE_SECONDS = 30.0
#: By how much ListJobs may lag where jobs write no claims (docs/dags.md).
MOST_LAG_WITHOUT_CLAIMS = 20.0
BUSY_TICK, IDLE_TICK = 2.0, 8.0
WAITING = ("up_for_retry", "up_for_reschedule", "deferred")
#: When the last fault is long ago, and all there is waits for days.
LONG_TICK = 25.0


class Deletion(NamedTuple):
    """The end of a run whose job a trigger follows, and the triggerer that sees it."""

    moment: float
    job: Job
    triggerer: Process


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
        self.weather.make_capacity_scarce(seed)
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
            self._claim,
            self._is_wanted,
            self.weather.list_lag,
            self.weather.describe_lag,
            self.weather.long_wait,
            self.weather.lacks_capacity,
        )
        self.bucket.claims.now = self.right_time
        # The original's image writes no claims: then all rests on how far listings lag.
        self.image_claims = self.rng.random() < 0.8
        if not self.image_claims:
            self.batch.list_lag = min(self.batch.list_lag, MOST_LAG_WITHOUT_CLAIMS)
        self.interfaces = AirflowInterfaces(self)
        self.aws = Transport(self)
        self.functions = LambdaService(self)
        self.uses_lambda = self.rng.random() < 0.75
        self.schedulers: list[Scheduler] = []
        self.triggerers: list[Triggerer] = []
        self.interfered: set[object] = set()
        self.made: dict[tuple[str, str], list[Job]] = {}
        self.deleted: set[object] = set()
        self.heard_deletions: list[Deletion] = []
        self.clears: Counter[object] = Counter()
        #: When the database lost a task's last changes.
        self.rolled_back: dict[object, list[float]] = {}
        self.environment: MutableMapping[str, str] = {}

    # -- time -----------------------------------------------------------------------------------

    def right_time(self) -> datetime:
        """Return the wall clock of AWS."""
        return EPOCH + timedelta(seconds=self.loop.now)

    def tick(self) -> float:
        """Return the seconds between two looks of scheduler and triggerers: more while all wait."""
        tasks = self.airflow.unfinished()
        if any(task.state not in WAITING for task in tasks):
            return BUSY_TICK
        if self.loop.now > self.weather.calm + HOUR:
            return LONG_TICK
        follows = any(task.dag_id != WATCH and task.state == "deferred" for task in tasks)
        return BUSY_TICK if follows else IDLE_TICK

    def wall_clock(self) -> datetime:
        """Return the wall clock of the running process, which may be wrong."""
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
        """Take a process across an outward call, before and after which it may die."""
        process = PROCESS.get()
        await asyncio.sleep(self.rng.choice([0.005, 0.02, 0.1]))
        self.weather.strikes(self.loop.now, process)
        await asyncio.sleep(0)
        result = effect()
        self.weather.strikes(self.loop.now, process)
        await asyncio.sleep(self.rng.choice([0.005, 0.02, 0.1]))
        return result

    async def aws_call(self, effect: Callable[[], T]) -> T | str:
        """Make a request to AWS; return the fault's name if it fails or its answer is lost."""
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
        """Make a request of one of Airflow's processes to the API server, with its retries."""
        until = self.loop.now + API_PATIENCE
        process = PROCESS.get()
        while self.weather.airflow_is_down(self.loop.now) or process.cut_off_until > self.loop.now:
            if self.loop.now >= until:
                raise AirflowDownError
            await asyncio.sleep(5)
        return await self.cross(effect)

    def batch_call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """Handle a request that has reached AWS Batch."""
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

    def lose_rows_since(self, rows: Any) -> None:
        """Let the database go on from an earlier copy, as after a failover to a replica."""
        clears = {task: task.clears for task in self.airflow.instances()}
        for task in self.airflow.changed_since(rows):
            self.rolled_back.setdefault(task.key, []).append(self.loop.now)
        self.airflow.lose_everything_since(rows)
        for task, number in clears.items():
            for clear in range(task.clears + 1, number + 1):
                self.batch.want_again(task.key, clear)

    # -- what happens in the bucket -------------------------------------------------------------

    def upload(self, key: str, body: str) -> None:
        """Store an object, and send S3's event."""
        stored = self.bucket.put(key, body)
        if restorations([each.etag for each in self.bucket.versions if each.key == key]):
            self.weather.happened["an object restored"] += 1
        self.uploads.append(stored)
        self.note(f"upload of {key}")
        if self.uses_lambda:
            self.functions.notify([self.bucket.event_record(stored)])

    def _upload_of(self, job: Job) -> None:
        """Return what a successful job leaves in the bucket."""
        dag_id, run_id, _, _ = job.attempt.task
        if dag_id in _KEYS_OF_RESULTS:
            model = self.airflow.conf(dag_id, run_id)["model"]
            key = _KEYS_OF_RESULTS[dag_id](model, job.tags["round"])
            self.made.setdefault((dag_id, key), []).append(job)
            self.upload(key, f"{job.id} made it")

    def _claim(self, job: Job) -> str:
        """Claim the work as a job does; return the claim that it does not get, or an empty text."""
        claim = Claim.from_environment(job.environment)
        if claim is None or not self.image_claims:
            return ""
        refused = refusal(self.bucket.claims, claim, job.id)
        if refused is None:
            return ""
        self.weather.happened["a job refused by a claim"] += 1
        self.note(f"{job.id} does not work: {refused}")
        return "date" if refused.is_date else "series"

    def _is_wanted(self, job: Job) -> bool:
        """Return whether nobody has marked the job's task since."""
        for task in self.airflow.instances():
            if task.key == job.attempt.task:
                return not task.kills or task.state != task.kills[-1].state
        return True  # its run was deleted, and it goes on

    # -- processes ------------------------------------------------------------------------------

    def start_scheduler(self) -> None:
        """Begin another life of a scheduler."""
        scheduler = Scheduler(self)
        self.schedulers.append(scheduler)
        self.loop.start(scheduler.process, scheduler.run())

    def start_triggerer(self) -> None:
        """Begin another life of a triggerer."""
        triggerer = Triggerer(self)
        self.triggerers.append(triggerer)
        self.loop.start(triggerer.process, triggerer.run())

    def start_as(self, kind: str, work: Any) -> None:
        """Let somebody do something."""
        self.loop.start(Process(kind), work)

    def hears_of_kills(self, task: Instance) -> bool:
        """Return whether a process would end the task's job if a person marked the task now."""
        if task.state == "deferred":
            return bool(self.followers(task))
        worker = task.worker if task.state == "running" else None
        return bool(worker and worker.process.alive and not worker.has_looked)

    def followers(self, task: Instance) -> list[Triggerer]:
        """Return the running triggerers that have the trigger of a deferred task."""
        trigger_id = task.deferral.trigger_id if task.deferral else 0
        return [each for each in self.triggerers if each.process.alive and each.follows(trigger_id)]

    def workers(self) -> list[Worker]:
        """Workers whose task process lives."""
        found = [task.worker for task in self.airflow.instances() if task.worker]
        return [worker for worker in found if worker.process.alive and worker.ended_at is None]

    @property
    def comms(self) -> Any:
        """Return the replacement for ``SUPERVISOR_COMMS``."""
        return SimpleNamespace(send=self.interfaces.send)


__all__ = ["End", "World"]
