"""The trigger that waits for a job, on the embedded AWS."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from airflow.triggers.base import TaskSuccessEvent, TriggerEvent
from structlog.testing import capture_logs

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.triggers import batch as trigger_module
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_airflow.uploads.following_run import Makes
from emmaa_cycle.s3_layout import model_manager_key
from emmaa_cycle.uploads import parse_upload
from tests.dags.jobs_on_batch import ensure, finished, identity, job, until
from tests.dags.world import MODEL_DATE


def trigger(
    job_id: str, makes: Makes | None = None, until: float | None = None
) -> EmmaaBatchTrigger:
    """Return a trigger that was serialized to the database and back."""
    first = EmmaaBatchTrigger(
        job_id=job_id, region="us-east-1", conn_id="aws_default", makes=makes, until=until
    )
    path, fields = first.serialize()
    assert path == "emmaa_airflow.triggers.batch.EmmaaBatchTrigger"
    return EmmaaBatchTrigger(**fields)


def event_of(trigger: EmmaaBatchTrigger) -> TriggerEvent:
    async def events() -> list[TriggerEvent]:
        return [event async for event in trigger.run()]

    (event,) = asyncio.run(events())
    return event


def test_a_success_ends_the_task_from_the_triggerer(jobs: BatchClient) -> None:
    submitted = ensure(jobs, job("hello"), identity(), {})
    with capture_logs() as logs:
        event = event_of(trigger(submitted.job_id))
    assert isinstance(event, TaskSuccessEvent)
    assert "[job] asked for: hello" in [entry["event"] for entry in logs]


def test_an_event_can_be_stored_whatever_the_job_has_printed(jobs: BatchClient) -> None:
    """PostgreSQL would refuse it, which ends the triggerer and all its triggers."""
    submitted = ensure(jobs, job("-odd"), identity(), {})
    payload = event_of(trigger(submitted.job_id)).payload
    assert r"ERROR emmaa_jobs: a byte \x00 of zero" in payload["message"]
    assert "\0" not in "".join(map(str, payload.values()))


def test_a_success_links_the_run_that_the_upload_has_started(jobs: BatchClient, aws: str) -> None:
    makes = Makes(kind="model_manager", model="marm", since=MODEL_DATE)
    submitted = ensure(jobs, job(), identity(), {})
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=aws)
    key = model_manager_key("marm", MODEL_DATE)
    etag = s3.put_object(Bucket=aws, Key=key, Body=b"{}")["ETag"]
    later = model_manager_key("marm", "2026-03-01-17-00-01")
    s3.put_object(Bucket=aws, Key=later, Body=b"{}")
    event = event_of(trigger(submitted.job_id, makes))
    upload = parse_upload(aws, key, etag)
    assert upload
    assert isinstance(event, TaskSuccessEvent)
    address = f"/dags/emmaa_after_update/runs/{upload.run_id}"
    assert event.xcoms == {"_link_FollowingLink": address}


def test_a_link_that_cannot_be_made_hides_no_success(jobs: BatchClient) -> None:
    makes = Makes(kind="model_manager", model="marm", since=MODEL_DATE)
    submitted = ensure(jobs, job(), identity(), {})
    with capture_logs() as logs:
        event = event_of(trigger(submitted.job_id, makes))  # there is no bucket
    assert isinstance(event, TaskSuccessEvent)
    assert any("is not known" in entry["event"] for entry in logs)


@pytest.mark.parametrize("left", [-60.0, 0.5])
def test_a_job_that_takes_too_long_is_ended_with_batchs_reason(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch, left: float
) -> None:
    """Also when the triggerer was away at that moment."""
    submitted = ensure(jobs, job("-slow"), identity(), {})
    until(jobs, submitted.job_id, lambda found: found["status"] == "RUNNING")
    describe = BatchClient.describe

    def waiting(self: BatchClient, ids: list[str]) -> list[dict[str, Any]]:
        state = {"status": "RUNNABLE", "statusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"}
        return [{**found, **state} for found in describe(self, ids)]

    monkeypatch.setattr(BatchClient, "describe", waiting)
    event = event_of(trigger(submitted.job_id, until=time.time() + left))
    monkeypatch.undo()
    assert event.payload["heals"] is False  # a retry would wait as long
    for part in (submitted.name, "batch.total_seconds", "RUNNABLE", "CAPACITY:INSUFFICIENT"):
        assert part in event.payload["message"]
    ended = until(jobs, submitted.job_id, finished)
    assert ended["statusReason"] == trigger_module.OVERDUE


def test_a_job_that_ends_in_time_is_not_overdue(jobs: BatchClient) -> None:
    submitted = ensure(jobs, job("hello"), identity(), {})
    until(jobs, submitted.job_id, finished)
    for left in (-60, 60):  # the triggerer may have been away until long after
        event = event_of(trigger(submitted.job_id, until=time.time() + left))
        assert isinstance(event, TaskSuccessEvent)


def test_a_job_that_succeeds_as_it_is_ended_is_a_success(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = ensure(jobs, job("hello"), identity(), {})
    until(jobs, submitted.job_id, finished)
    describe, terminate = BatchClient.describe, BatchClient.terminate

    def late(self: BatchClient, ids: list[str]) -> list[dict[str, Any]]:
        return [{**found, "status": "RUNNING"} for found in describe(self, ids)]

    def end(self: BatchClient, job_id: str, reason: str) -> None:
        monkeypatch.setattr(BatchClient, "describe", describe)
        terminate(self, job_id, reason)

    monkeypatch.setattr(BatchClient, "describe", late)
    monkeypatch.setattr(BatchClient, "terminate", end)
    event = event_of(trigger(submitted.job_id, until=time.time() - 60))
    assert isinstance(event, TaskSuccessEvent)


def test_a_failure_resumes_the_task_with_what_is_known(jobs: BatchClient) -> None:
    who = identity()
    submitted = ensure(jobs, job("-exit2"), who, {})
    event = event_of(trigger(submitted.job_id))
    assert not isinstance(event, TaskSuccessEvent)
    assert event.payload["heals"] is False
    assert event.payload["out_of_memory"] is False
    assert who.name in event.payload["message"]
    assert "ends with 2 as asked" in event.payload["message"]


def test_two_triggers_of_a_triggerer_share_a_poller(jobs: BatchClient) -> None:
    ids = [ensure(jobs, job(), identity(), {}).job_id for _ in range(2)]

    async def scenario() -> int:
        from emmaa_airflow.triggers.poller import shared_poller

        async for _ in trigger(ids[0]).run():
            first = shared_poller("aws_default", "us-east-1")
        async for _ in trigger(ids[1]).run():
            assert shared_poller("aws_default", "us-east-1") is first
        return len(ids)

    assert asyncio.run(scenario()) == 2


def belongs_to_task(
    trigger: EmmaaBatchTrigger, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give a trigger a task that is in some state."""
    ti: Any = SimpleNamespace(dag_id="dag", run_id="run", task_id="task", map_index=-1)
    trigger.task_instance = ti
    monkeypatch.setattr(trigger_module, "task_state", lambda *_: state)


def killed(trigger: EmmaaBatchTrigger, state: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 3.3 ends the trigger, and the task's state is then the given one."""
    belongs_to_task(trigger, state, monkeypatch)
    asyncio.run(trigger.on_kill())


@pytest.mark.parametrize("state", ["failed", "success", "scheduled", None])
def test_a_persons_kill_ends_the_job(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    submitted = ensure(jobs, job("-slow"), identity(), {})
    killed(trigger(submitted.job_id), state, monkeypatch)
    ended = until(jobs, submitted.job_id, finished)
    assert ended["status"] == "FAILED"
    assert "killed" in ended["statusReason"]


def test_a_job_whose_task_still_waits_goes_on(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = ensure(jobs, job("-slow"), identity(), {})
    killed(trigger(submitted.job_id), "deferred", monkeypatch)
    assert not finished(jobs.describe([submitted.job_id])[0])
    jobs.terminate(submitted.job_id, "the test is over")


async def cancelled(trigger: EmmaaBatchTrigger) -> None:
    """Cancel a trigger, as happens when its triggerer stops, and before Airflow 3.3 at a kill."""
    task = asyncio.ensure_future(anext(trigger.run()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("has_on_kill", [True, False])
def test_a_triggerer_that_stops_ends_no_job(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch, has_on_kill: bool
) -> None:
    monkeypatch.setattr(trigger_module, "_ENDS_BY_ON_KILL", has_on_kill)
    submitted = ensure(jobs, job("-slow"), identity(), {})
    waiting = trigger(submitted.job_id)
    belongs_to_task(waiting, "deferred", monkeypatch)
    asyncio.run(cancelled(waiting))
    assert not finished(jobs.describe([submitted.job_id])[0])
    jobs.terminate(submitted.job_id, "the test is over")


def test_before_airflow_33_a_persons_kill_is_seen_by_the_tasks_state(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigger_module, "_ENDS_BY_ON_KILL", False)
    submitted = ensure(jobs, job("-slow"), identity(), {})
    waiting = trigger(submitted.job_id)
    belongs_to_task(waiting, "failed", monkeypatch)
    asyncio.run(cancelled(waiting))
    assert until(jobs, submitted.job_id, finished)["status"] == "FAILED"
