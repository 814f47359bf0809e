"""Bugs of the order of a model's updates, put back on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetPreviousDagRun

from emmaa_airflow.batch.in_flight import JobInFlight, updates_in_flight
from emmaa_airflow.batch.rivals import InFlightError, Rivals
from emmaa_airflow.rounds import update_order

Patch = pytest.MonkeyPatch


def no_turns(patch: Patch) -> None:
    """Skip the check for another update of the model."""
    patch.setattr(Rivals, "check", lambda *_, **__: None)


def any_update_is_in_the_way(patch: Patch) -> None:
    """Let an update of any model block all others."""

    def check(self: Rivals, _found: Any, **_: Any) -> None:
        others = updates_in_flight(self._batch, [self._job.queue]) if self._job.siblings else {}
        for rival in others.values():
            if (rival.dag_id, rival.run_id) != self._run:
                raise InFlightError(rival)

    patch.setattr(Rivals, "check", check)


def the_past_is_in_flight(patch: Patch) -> None:
    """Let an update that has ended block the next one."""

    def check(self: Rivals, found: Any, **_: Any) -> None:
        for job in found:
            if job["jobName"].startswith(self._job.siblings) and self._job.siblings:
                raise InFlightError(JobInFlight(job["jobId"], job["jobName"], job["status"], ""))

    patch.setattr(Rivals, "check", check)


def queued_days_count(patch: Patch) -> None:
    """Let a day of a backfill wait for queued days before it."""

    def earlier(dag_id: str, day: datetime | None) -> Iterator[str]:
        while day is not None:
            answer: Any = task_runner.SUPERVISOR_COMMS.send(
                GetPreviousDagRun(dag_id=dag_id, logical_date=day)
            )
            if answer.dag_run is None:
                return
            yield answer.dag_run.run_id
            day = answer.dag_run.logical_date

    patch.setattr(update_order, "earlier_running_runs", earlier)
