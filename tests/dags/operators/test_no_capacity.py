"""A job that its queue has cancelled, because AWS had no machine for it, waits its turn again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskDeferred
from airflow.triggers.base import TriggerEvent

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.batch.claimed_jobs import Claimed
from emmaa_airflow.batch.identity import JobIdentity, larger_name
from emmaa_airflow.operators import batch as operator_module
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.reporting.links import Console
from emmaa_airflow.triggers import batch as trigger_module
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from tests.dags.batch_in_memory import BatchInMemory, summary
from tests.dags.jobs_on_batch import LARGER, Instance, job

REASON = (
    "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
)
HOURS = 3600
TI = Instance(run_id="run")
NAME = JobIdentity.of("job", TI, retries=3).name
OTHER_RUN = JobIdentity.of("job", Instance(run_id="another"), retries=3).name


def cancelled(job_id: str, created: float, name: str = NAME, **more: Any) -> dict[str, Any]:
    """Return a job that Batch cancelled, created at a time stamp in seconds."""
    milliseconds = round(created * 1000)
    return summary(name, job_id, "FAILED", milliseconds, statusReason=REASON, container={}, **more)


class Claims:
    """Claims of which one is held by a job that had begun before its host was lost."""

    def claimed(self, *_: Any) -> Claimed:
        return Claimed(ended={NAME: "first"})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> BatchInMemory:
    """Return an account whose only job was cancelled an hour ago."""
    account = BatchInMemory(cancelled("first", created=time.time() - HOURS))
    monkeypatch.setattr(operator_module, "task_state", lambda *_: "running")
    monkeypatch.setattr(operator_module, "ClaimReader", lambda _: Claims())
    monkeypatch.setattr(BucketReader, "of", lambda _: None)
    monkeypatch.setattr(EmmaaBatchOperator, "_client", lambda _: account)
    monkeypatch.setattr(Console, "of", lambda _: NoConsole())
    return account


class NoConsole:
    """A console without pages."""

    def job(self, *_: Any) -> str:
        return ""

    logs = results = job


def resumed(event: dict[str, Any], planned: BatchJob | None = None) -> None:
    """Do what Airflow does when the trigger of the task's job has ended with an event."""
    plan = Plan("marm", notify=True, jobs={Stage.EMAIL: planned or replace(job(), larger=LARGER)})
    task = EmmaaBatchOperator(
        task_id="task",
        stage=Stage.EMAIL,
        planned=plan.to_json(),
        retries=3,
        region_name="us-east-1",
    )
    task.execute_complete({"ti": TI}, event)  # type: ignore[typeddict-item]


def ended(name: str = NAME, *, requeue: bool = True) -> dict[str, Any]:
    message = f"Batch job {name} (first) failed without an exit code: {REASON}"
    return {
        "job_id": "first",
        "name": name,
        "message": message,
        "heals": False,
        "out_of_memory": False,
        "requeue": requeue,
        "log_link": "",
    }


def test_it_is_submitted_again_in_the_same_try_and_keeps_its_stages_deadline(
    account: BatchInMemory,
) -> None:
    first = account.jobs[0]["createdAt"] / 1000
    for number in range(1, 8):  # more often than a task has tries
        with pytest.raises(TaskDeferred) as deferral:
            resumed(ended())
        trigger: Any = deferral.value.trigger
        assert trigger.job_id == f"new-{number}"
        assert account.jobs[-1]["jobName"] == NAME
        assert trigger.until == first + load_settings().batch.total_seconds[Stage.EMAIL]
        account.jobs[-1] = cancelled(f"new-{number}", created=first + number)
    assert account.terminated == []


def test_it_takes_over_the_claim_of_the_job_that_was_cancelled(account: BatchInMemory) -> None:
    """The first one may have begun to work on a machine that was then taken away."""
    with pytest.raises(TaskDeferred):
        resumed(ended())
    assert '"first"' in account.environments[0]["EMMAA_CLAIM"]


def test_one_that_needs_more_memory_goes_back_to_the_queue_with_more(
    account: BatchInMemory,
) -> None:
    name = larger_name(NAME)
    account.jobs = [
        cancelled("first", time.time(), name, queue=LARGER.queue),
        summary(NAME, "small", "FAILED", queue=job().queue, container={"exitCode": 137}),
    ]
    with pytest.raises(TaskDeferred):
        resumed(ended(name))
    assert (account.jobs[-1]["jobName"], account.jobs[-1]["queue"]) == (name, LARGER.queue)


def test_a_listing_that_lags_behind_makes_no_second_job(account: BatchInMemory) -> None:
    account.jobs[0]["status"] = "RUNNABLE"
    with pytest.raises(TaskDeferred) as deferral:
        resumed(ended())
    trigger: Any = deferral.value.trigger
    assert (trigger.job_id, account.submitted) == ("first", 0)


def test_an_update_that_another_run_began_meanwhile_goes_first(account: BatchInMemory) -> None:
    planned = replace(
        job(), siblings="job", tags={"purpose": "p"}, command=["x", "--model", "marm"]
    )
    account.jobs.append(
        summary(
            OTHER_RUN,
            "rival",
            tags={"purpose": "p"},
            container={"command": ["--model", "marm"], "environment": []},
        )
    )
    with pytest.raises(AirflowSkipException, match=f"still in flight: Batch job {OTHER_RUN}"):
        resumed(ended(), planned)
    assert account.submitted == 0


def test_when_the_stages_time_is_over_the_task_fails_with_batchs_reason(
    account: BatchInMemory,
) -> None:
    with pytest.raises(AirflowFailException, match="CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"):
        resumed(ended(requeue=False))
    assert account.submitted == 0


def event_of(job: dict[str, Any], left: float | None, patch: pytest.MonkeyPatch) -> TriggerEvent:
    """Return what a trigger makes of a job that has ended."""

    async def finished_job(_: EmmaaBatchTrigger) -> dict[str, Any]:
        return job

    async def client(*_: Any) -> BatchInMemory:
        return BatchInMemory(job)

    patch.setenv("EMMAA_BATCH__RESUME_SECONDS", "0")
    load_settings.cache_clear()
    patch.setattr(EmmaaBatchTrigger, "_finished_job", finished_job)
    patch.setattr(trigger_module, "shared_client", client)
    until = None if left is None else time.time() + left
    waiting = EmmaaBatchTrigger(job_id="first", region="us-east-1", conn_id=None, until=until)

    async def events() -> list[TriggerEvent]:
        return [event async for event in waiting.run()]

    (event,) = asyncio.run(events())
    return event


@pytest.mark.parametrize(("left", "again"), [(None, True), (HOURS, True), (-HOURS, False)])
def test_it_waits_again_only_while_its_stage_has_time(
    monkeypatch: pytest.MonkeyPatch, left: float | None, again: bool
) -> None:
    payload = event_of(cancelled("first", 0), left, monkeypatch).payload
    assert payload["requeue"] is again
    assert payload["heals"] is False
    assert REASON in payload["message"]


@pytest.mark.parametrize(
    "job",
    [
        {**cancelled("first", 0), "statusReason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"},
        {**cancelled("first", 0), "isTerminated": True},
        {**cancelled("first", 0), "statusReason": "stopped by hand", "isCancelled": True},
    ],
    ids=["fits no machine", "terminated", "cancelled by a person"],
)
def test_no_other_cancelled_job_is_submitted_again(
    monkeypatch: pytest.MonkeyPatch, job: dict[str, Any]
) -> None:
    payload = event_of(job, HOURS, monkeypatch).payload
    assert payload["requeue"] is False
    assert payload["heals"] is False
