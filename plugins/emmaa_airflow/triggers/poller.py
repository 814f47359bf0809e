"""One poller for all Batch jobs that a triggerer waits for.

DescribeJobs accepts up to 100 jobs per call, the account's limit is 50 calls a second, and all
triggers of a triggerer share one event loop. So each loop has one poller for each connection and
region, and triggers follow their jobs through it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.outcome import FINISHED
from emmaa_airflow.triggers.clients import shared_client
from emmaa_airflow.triggers.threads import in_thread
from emmaa_cycle.settings import load_settings

Job = dict[str, Any]
#: The maximum number of ids in a DescribeJobs call.
MAX_IDS = 100
MAX_BACKOFF_SECONDS = 60.0
#: The maximum exponent of the delay; a higher power of two would overflow in an outage of hours.
_MAX_DOUBLINGS = 10
#: Jobs per second of delay: 300 jobs take 3 calls in 30 s, with the stock trigger 300 calls.
JOBS_PER_SECOND = 10
#: A job is lost if it is missing in this many answers in a row, over this many seconds: Batch
#: forgets jobs after some days. The time is long, because answers may lag behind a submission, and
#: a job that is given up too early is submitted a second time.
ABSENCES = 5
ABSENT_SECONDS = 120.0

logger = logging.getLogger(__name__)


class PollerError(Exception):
    """The poller has failed or was cancelled; its jobs continue."""


@dataclass(frozen=True)
class Update:
    """News of a job.

    :param job: its description, the first time and after each change of its status
    :param problem: the reason why DescribeJobs failed; the call is repeated
    :param lost: Batch no longer knows it; this is the last update
    """

    job: Job | None = None
    problem: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Pace:
    """The polling intervals, in seconds.

    :param shortest: while a job is new or has just changed
    :param longest: when no job has changed for long, or there are very many
    """

    shortest: float
    longest: float

    def interval(self, quiet: float, failures: int, jobs: int = 1) -> float:
        """Return the time until the next call.

        :param quiet: seconds since a job was added or changed
        :param failures: rounds in a row in which a call failed
        :param jobs: the number of followed jobs
        """
        if failures:
            doubled = self.shortest * 2.0 ** min(failures, _MAX_DOUBLINGS)
            return min(doubled, MAX_BACKOFF_SECONDS)
        # A tenth of the quiet time adds at most a tenth to a job's duration. With many jobs, some
        # job changes at any time, so their number limits the calls, of which the account may
        # make 50 a second.
        return min(max(quiet / 10, jobs / JOBS_PER_SECOND, self.shortest), self.longest)


@dataclass
class _Followed:
    status: str = ""
    reason: str = ""
    absences: int = 0
    absent_since: float = 0.0
    queues: set[asyncio.Queue[Update | PollerError]] = field(default_factory=set)

    def tell(self, update: Update | PollerError) -> None:
        for queue in self.queues:
            queue.put_nowait(update)


class JobPoller:
    """Follows any number of jobs with as few calls as possible.

    :param describe: DescribeJobs for at most :data:`MAX_IDS` ids
    :param absent_seconds: the time after which a missing job is lost
    """

    def __init__(
        self,
        describe: Callable[[list[str]], Awaitable[list[Job]]],
        pace: Pace,
        absent_seconds: float = ABSENT_SECONDS,
    ) -> None:
        self._describe = describe
        self._pace = pace
        self._absent_seconds = absent_seconds
        self._followed: dict[str, _Followed] = {}
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._polled = self._changed = asyncio.get_running_loop().time()

    async def follow(self, job_id: str) -> AsyncIterator[Update]:
        """Yield updates of one job until it has finished or is lost.

        :raises PollerError: if the poller itself has ended; following again restarts it
        """
        queue: asyncio.Queue[Update | PollerError] = asyncio.Queue()
        followed = self._followed.setdefault(job_id, _Followed())
        followed.queues.add(queue)
        followed.status = followed.reason = ""
        self._start()
        try:
            while True:
                update = await queue.get()
                if isinstance(update, PollerError):
                    raise update
                yield update
                if update.lost or (update.job and update.job["status"] in FINISHED):
                    return
        finally:
            followed.queues.discard(queue)
            if not followed.queues:
                self._followed.pop(job_id, None)

    def _start(self) -> None:
        self._changed = asyncio.get_running_loop().time()
        self._hurry.set()
        if self._task is None or self._task.done():
            self._polled = self._changed
            # An empty context, because the poller's log lines belong to no single task.
            self._task = asyncio.create_task(
                self._run(), name="emmaa-batch-poller", context=contextvars.Context()
            )

    async def _run(self) -> None:
        """Poll while there are followers, and release all of them at the end in any case."""
        try:
            while self._followed:
                await self._pause()
                await self._round()
        except BaseException as error:
            for followed in self._followed.values():
                followed.tell(PollerError(f"the poller of Batch jobs has ended: {error!r}"))
            if not isinstance(error, Exception):
                raise
            logger.exception(
                "The poller of Batch jobs has ended; the next follower of a job restarts it"
            )

    async def _round(self) -> None:
        # The follower of a finished job may not have read the update yet.
        ids = [i for i, job in self._followed.items() if job.status not in FINISHED]
        answered = [
            await self._poll(ids[start : start + MAX_IDS]) for start in range(0, len(ids), MAX_IDS)
        ]
        self._failures = 0 if all(answered) else self._failures + 1

    async def _pause(self) -> None:
        """Wait for the next call; a new job may bring it forward."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # let followers read the update, even if the next call is due
        while True:
            self._hurry.clear()
            quiet = self._polled - self._changed
            due = self._polled + self._pace.interval(quiet, self._failures, len(self._followed))
            if loop.time() >= due:
                break
            try:
                await asyncio.wait_for(self._hurry.wait(), due - loop.time())
            except TimeoutError:
                break
        self._polled = loop.time()

    async def _poll(self, ids: list[str]) -> bool:
        """Call DescribeJobs once, and return whether there was an answer."""
        try:
            jobs = {job["jobId"]: job for job in await self._describe(ids)}
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs go on and are asked for again
            self._tell_problem(ids, error)
            return False
        for job_id in ids:
            self._note(job_id, jobs.get(job_id))
        return True

    def _tell_problem(self, ids: list[str], error: Exception) -> None:
        wait = self._pace.interval(0, self._failures + 1)
        logger.warning("DescribeJobs for %d jobs failed: %s", len(ids), error)
        for job_id in ids:
            if followed := self._followed.get(job_id):
                followed.tell(Update(problem=f"{error}; calling again in {wait:.0f} s"))

    def _note(self, job_id: str, job: Job | None) -> None:
        followed = self._followed.get(job_id)
        if followed is None:
            return
        if job is None:
            self._note_absence(followed)
            return
        followed.absences = 0
        # A new reason of a waiting job is an update, too: there may never be another one.
        news = job["status"], str(job.get("statusReason") or "")
        if news != (followed.status, followed.reason):
            followed.status, followed.reason = news
            self._changed = asyncio.get_running_loop().time()
            followed.tell(Update(job))

    def _note_absence(self, followed: _Followed) -> None:
        now = asyncio.get_running_loop().time()
        if not followed.absences:
            followed.absent_since = now
        followed.absences += 1
        absent = now - followed.absent_since
        if followed.absences >= ABSENCES and absent >= self._absent_seconds:
            followed.tell(Update(lost=True))


_POLLERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], JobPoller]] = (
    WeakKeyDictionary()
)


def shared_poller(conn_id: str | None, region: str | None) -> JobPoller:
    """Return the running event loop's poller for a connection and region."""
    pollers = _POLLERS.setdefault(asyncio.get_running_loop(), {})
    key = (conn_id or "", region or "")
    if key not in pollers:
        batch = load_settings().batch
        pace = Pace(batch.poll_seconds, max(batch.poll_max_seconds, batch.poll_seconds))
        pollers[key] = JobPoller(_describer(conn_id, region), pace)
    return pollers[key]


def _describer(
    conn_id: str | None, region: str | None
) -> Callable[[list[str]], Awaitable[list[Job]]]:
    async def call(job_ids: list[str]) -> list[Job]:
        jobs = BatchClient(await shared_client("batch", region, conn_id))
        return await in_thread(jobs.describe, job_ids)

    return call
