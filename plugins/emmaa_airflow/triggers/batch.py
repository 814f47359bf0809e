"""The trigger that waits for a Batch job."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.batch.client import KILLED, BatchClient
from emmaa_airflow.batch.job_log import LogLine, summary_of
from emmaa_airflow.batch.outcome import (
    FINISHED,
    SUCCEEDED,
    LogLocation,
    job_outcome,
    log_location,
    log_tail,
)
from emmaa_airflow.reporting.links import Console, FollowingLink, LogLink
from emmaa_airflow.runs.task_states import task_state
from emmaa_airflow.runs.xcom_keys import SUMMARY_KEY
from emmaa_airflow.triggers.clients import shared_client
from emmaa_airflow.triggers.poller import Job, shared_poller
from emmaa_airflow.triggers.threads import in_thread
from emmaa_airflow.uploads.following_run import Makes, following_run
from emmaa_cycle.printable import printable
from emmaa_cycle.settings import load_settings

_ENDS_BY_ON_KILL = hasattr(BaseTrigger, "on_kill")
_KILL_SECONDS = 20
#: The reason of a job that took too long. It does not name an action of Airflow, because jobs are
#: submitted again after those.
OVERDUE = "EMMAA: the stage has taken longer than batch.total_seconds allows"


class EmmaaBatchTrigger(BaseTrigger):
    """Follows one job and ends its task.

    The trigger itself ends a successful task, without a second process on a worker. That saves the
    start of a process and makes short jobs safe: the scheduler fails a task that is *resumed*
    before the scheduler has seen the end of the deferring process (apache/airflow#72716). A failure
    does resume the task, because retries and callbacks need that; it first waits until the
    scheduler has seen that end (``batch.resume_seconds``).

    :param job_id: the job
    :param region: the job's region
    :param conn_id: the connection to AWS
    :param makes: the job's upload that starts a run, for the link to that run
    :param until: the time at which the job is ended and the task fails in any case, as a time stamp
        in seconds; None for no limit
    """

    def __init__(
        self,
        *,
        job_id: str,
        region: str | None,
        conn_id: str | None,
        makes: Makes | None = None,
        until: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.region = region
        self.conn_id = conn_id
        self.makes = makes
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the arguments with which another triggerer recreates this trigger."""
        names = ("job_id", "region", "conn_id", "makes", "until")
        fields = {name: getattr(self, name) for name in names}
        return f"{type(self).__module__}.{type(self).__qualname__}", fields

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event: the task's success, or the reason of its failure."""
        started = asyncio.get_running_loop().time()
        try:
            event = await self._event_in_time()
            if not isinstance(event, TaskSuccessEvent):
                passed = asyncio.get_running_loop().time() - started
                await asyncio.sleep(load_settings().batch.resume_seconds - passed)
        except asyncio.CancelledError:
            if not _ENDS_BY_ON_KILL:  # before Airflow 3.3 this is the only sign of a person's kill
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._terminate_unless_deferred(), _KILL_SECONDS)
            raise
        yield event

    async def on_kill(self) -> None:
        """End the job, because a person has cleared or marked the task; Airflow 3.3 calls this."""
        await self._terminate_unless_deferred()

    async def _event_in_time(self) -> TriggerEvent:
        left = None if self.until is None else max(self.until - time.time(), 0)
        try:
            async with asyncio.timeout(left):
                return await self._event()
        except TimeoutError:
            return await self._overdue()

    async def _overdue(self) -> TriggerEvent:
        """End the job, and fail the task without retries, because a retry would wait as long."""
        jobs = BatchClient(await shared_client("batch", self.region, self.conn_id))
        # Batch reports the reason for a wait long after the change of status.
        job = await in_thread(jobs.describe_one, self.job_id) or {}
        if job.get("status") in FINISHED:
            return await self._event()
        await in_thread(jobs.terminate, self.job_id, OVERDUE)
        after = await in_thread(jobs.describe_one, self.job_id) or {}
        if after.get("status") == SUCCEEDED:  # it ended just now
            return await self._event()
        reason = printable(job.get("statusReason") or "Batch gives no reason")
        message = (
            f"Batch job {job.get('jobName', '')} ({self.job_id}) was ended: the stage has taken"
            f" longer than batch.total_seconds allows, and the job was still"
            f" {job.get('status', 'unseen')} ({reason}). Fix what it waits for, or raise the"
            " setting, and clear the task"
        )
        self.log.error(message)
        return TriggerEvent(
            {
                "job_id": self.job_id,
                "name": job.get("jobName", ""),
                "message": message,
                "heals": False,
                "out_of_memory": False,
                "log_link": "",
            }
        )

    async def _event(self) -> TriggerEvent:
        job = await self._finished_job()
        if job is None:
            message = f"Batch does not know the job {self.job_id} any more"
            return TriggerEvent({"job_id": self.job_id, "message": message, "heals": True})
        location = log_location(job)
        logs = await shared_client("logs", self.region, self.conn_id)
        lines = await in_thread(log_tail, logs, location, load_settings().batch.log_lines)
        outcome = job_outcome(job)
        self._log_tail(lines)
        link = Console.of(logs).log(location) if location else ""
        if outcome.succeeded:
            shown = {
                SUMMARY_KEY: summary_of(lines),
                LogLink().xcom_key: link,
                FollowingLink().xcom_key: await self._following(),
            }
            return TaskSuccessEvent(xcoms={key: text for key, text in shown.items() if text})
        return TriggerEvent(
            {
                "job_id": self.job_id,
                "name": outcome.name,
                "message": outcome.message(lines),
                "heals": outcome.heals,
                "out_of_memory": outcome.out_of_memory,
                "requeue": outcome.lacked_capacity and not self._is_overdue(),
                "log_link": link,
            }
        )

    def _is_overdue(self) -> bool:
        return self.until is not None and time.time() >= self.until

    async def _following(self) -> str:
        if self.makes is None:
            return ""
        try:
            return await in_thread(following_run, self.makes)
        except Exception as error:  # noqa: BLE001 - a link that cannot be made must not hide a success
            self.log.warning("The run that the result started is not known: %s", error)
            return ""

    async def _finished_job(self) -> Job | None:
        job: Job | None = None
        shown: LogLocation | None = None
        async for update in shared_poller(self.conn_id, self.region).follow(self.job_id):
            if update.problem:
                self.log.warning("Batch job %s cannot be seen: %s", self.job_id, update.problem)
            elif update.job:
                job = update.job
                self.log.info("Batch job %s is %s%s", job["jobName"], job["status"], _why(job))
                location = log_location(job)
                if location and location != shown:
                    shown = location
                    self.log.info("It logs to %s, stream %s", location.group, location.stream)
            else:
                job = None
        return job

    def _log_tail(self, lines: list[LogLine]) -> None:
        self.log.info("The last %d lines of the job's log:", len(lines))
        for line in lines:
            self.log.log(line.level, "[job] %s", line.without_level)

    async def _terminate_unless_deferred(self) -> None:
        """End the job, unless the task still waits for it.

        A triggerer that stops, or passes its triggers to another one, cancels them too; then the
        task is still deferred and its job must continue.
        """
        ti: Any = self.task_instance
        if ti is not None:
            state = await in_thread(task_state, ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
            if state == TaskInstanceState.DEFERRED:
                self.log.info("The task still waits for Batch job %s, which continues", self.job_id)
                return
        client = await shared_client("batch", self.region, self.conn_id)
        await in_thread(BatchClient(client).terminate, self.job_id, KILLED)
        self.log.info("Batch job %s was terminated: its task was killed", self.job_id)


def _why(job: Job) -> str:
    """Return Batch's reason for a job's status, if any, such as why no machine starts."""
    reason = " ".join(str(job.get("statusReason") or "").split())
    return f": {reason}" if reason and job["status"] != SUCCEEDED else ""
