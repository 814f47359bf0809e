"""The trigger that watches for uploads whose run is missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.client import AWS_CONN_ID
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.orphaned_jobs import OrphanedJobs
from emmaa_airflow.runs.dag_runs import missing_runs
from emmaa_airflow.triggers.clients import shared_client
from emmaa_airflow.triggers.threads import in_thread
from emmaa_airflow.uploads.finder import UploadFinder
from emmaa_cycle.settings import load_settings

#: The interval between searches for orphaned jobs; listings of jobs are free.
ORPHANS_SECONDS = 60.0


class UploadTrigger(BaseTrigger):
    """Looks for missing runs every ``uploads.poll_seconds``, with two listings per model.

    It also ends orphaned jobs (:mod:`emmaa_airflow.batch.orphaned_jobs`), because it is the only
    trigger that always runs; uploads do not wait for Batch's answers. It resumes its task only to
    start a run, which only a worker can do, and ends it after ``uploads.watch_seconds``, so that
    the next run of the watch has new code and settings.

    :param started: when the watch began, as a time stamp in seconds
    """

    def __init__(self, *, started: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.started = started

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the arguments with which another triggerer recreates this trigger."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"started": self.started}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event: runs are missing, or the watch is over."""
        settings = load_settings()
        reader = await in_thread(BucketReader.of, settings)
        finder = UploadFinder(reader, settings.uploads, missing_runs)
        client = await shared_client("batch", settings.aws_region, AWS_CONN_ID)
        queues = {target.queue for target in settings.batch.targets.values()}
        orphans = OrphanedJobs(BatchClient(client), queues)
        ending = asyncio.create_task(self._end_again_and_again(orphans))
        # Resume only after the scheduler has seen the end of the deferring process.
        pause = max(settings.uploads.poll_seconds, settings.batch.resume_seconds)
        try:
            await asyncio.sleep(pause)
            while datetime.now(UTC).timestamp() - self.started < settings.uploads.watch_seconds:
                if await self._are_missing(finder):
                    yield TriggerEvent({"missing": True})
                    return
                await asyncio.sleep(settings.uploads.poll_seconds)
            yield TaskSuccessEvent()
        finally:
            ending.cancel()

    async def _are_missing(self, finder: UploadFinder) -> bool:
        try:
            return bool(await in_thread(finder.missing, datetime.now(UTC)))
        except Exception as error:  # noqa: BLE001 - a repair that gives up at an outage is none
            self.log.warning("The uploads cannot be listed, trying again: %s", error)
            return False

    async def _end_again_and_again(self, orphans: OrphanedJobs) -> None:
        while True:
            await self._end(orphans)
            await asyncio.sleep(ORPHANS_SECONDS)

    async def _end(self, orphans: OrphanedJobs) -> None:
        try:
            if ended := await in_thread(orphans.end):
                self.log.info("Ended orphaned jobs: %s", ", ".join(ended))
        except Exception as error:  # noqa: BLE001 - as above
            self.log.warning("The jobs cannot be listed, trying again: %s", error)
