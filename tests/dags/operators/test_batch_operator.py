"""The Batch operator, attempt by attempt, on the embedded AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskDeferred,
)

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.operators import batch as operator_module
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.runs.task_states import GONE
from emmaa_cycle.plan import Plan
from emmaa_cycle.resources import BatchTarget
from emmaa_cycle.stages import Stage
from tests.dags.jobs_on_batch import LARGER, Instance, finished, job, until


@pytest.fixture
def jobs(jobs: BatchClient, monkeypatch: pytest.MonkeyPatch) -> BatchClient:
    """Return the jobs of a task that Airflow reports as running."""
    monkeypatch.setattr(operator_module, "task_state", lambda *_: "running")
    return jobs


def operator(*arguments: str, larger: BatchTarget | None = None, **plan: Any) -> EmmaaBatchOperator:
    plan = {"jobs": {Stage.EMAIL: replace(job(*arguments), larger=larger)}, **plan}
    planned = Plan("marm", notify=True, **plan).to_json()
    return EmmaaBatchOperator(task_id="task", stage=Stage.EMAIL, planned=planned, retries=3)


def attempt(operator: EmmaaBatchOperator, ti: Instance) -> str:
    """Run one attempt until it waits, and return the id of the job that it waits for."""
    with pytest.raises(TaskDeferred) as deferral:
        operator.execute({"ti": ti})  # type: ignore[typeddict-item]
    job_id: str = deferral.value.trigger.job_id
    return job_id


def test_a_retry_goes_on_with_the_job_of_the_attempt_that_died(jobs: BatchClient) -> None:
    ti = Instance()
    first = attempt(operator("-slow"), ti)
    assert attempt(operator("-slow"), ti) == first
    jobs.terminate(first, "the test is over")


def test_a_retry_that_finds_its_job_done_is_done(jobs: BatchClient) -> None:
    ti = Instance()
    until(jobs, attempt(operator(), ti), finished)
    operator().execute({"ti": ti})  # type: ignore[typeddict-item]


def test_a_cleared_task_runs_anew(jobs: BatchClient) -> None:
    ti = Instance()
    first = attempt(operator("-slow"), ti)
    ti.max_tries += 1  # what a clear does
    second = attempt(operator("-slow"), ti)
    assert second != first
    assert until(jobs, first, finished)["status"] == "FAILED"
    assert not finished(jobs.describe([second])[0])
    jobs.terminate(second, "the test is over")


def test_a_job_gets_the_planned_version_of_the_config_until_its_task_is_cleared(
    jobs: BatchClient,
) -> None:
    """A person who clears the task alone may have corrected the config."""
    ti = Instance()
    planned = {Stage.EMAIL: replace(job("-slow"), config_version="v7")}
    pinned = {"EMMAA_CONFIG_VERSION": '{"model": "marm", "version": "v7"}'}
    first = attempt(operator(jobs=planned), ti)
    assert pinned.items() <= environment(jobs, first).items()
    ti.max_tries += 1  # what a clear does
    second = attempt(operator(jobs=planned), ti)
    assert "EMMAA_CONFIG_VERSION" not in environment(jobs, second)
    jobs.terminate(second, "the test is over")


def environment(jobs: BatchClient, job_id: str) -> dict[str, str]:
    found = jobs.describe([job_id])[0]["container"]["environment"]
    return {item["name"]: item["value"] for item in found}


def test_a_task_that_is_resumed_twice_ends_as_its_larger_job_did(
    jobs: BatchClient, aws: str
) -> None:
    """After a database has lost its last seconds, the trigger reports the smaller job again."""
    boto3.client("s3").create_bucket(Bucket=aws)  # claims are read there
    ti, resumed = Instance(), operator(larger=LARGER)
    event = {
        "out_of_memory": True,
        "name": "job-0",
        "job_id": "small",
        "message": "",
        "heals": False,
    }
    with pytest.raises(TaskDeferred) as deferral:
        resumed.execute_complete({"ti": ti}, event)  # type: ignore[typeddict-item]
    larger = until(jobs, deferral.value.trigger.job_id, finished)
    assert (larger["status"], larger["jobName"][-6:]) == ("SUCCEEDED", "-large")
    assert resumed.execute_complete({"ti": ti}, event) is None  # type: ignore[typeddict-item]


@pytest.mark.parametrize("state", ["failed", "success", "restarting", GONE])
def test_a_task_that_is_killed_while_it_submits_leaves_no_job(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(operator_module, "task_state", lambda *_: state)
    ti = Instance()
    killed = operator("-slow")
    with pytest.raises(AirflowFailException, match="was killed while it submitted"):
        killed.execute({"ti": ti})  # type: ignore[typeddict-item]
    ended = until(jobs, str(killed.job_id), finished)
    assert ended["status"] == "FAILED"


def test_a_retry_of_a_task_that_was_cleared_while_it_submitted_runs_anew(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow makes the retry of a cleared task when its process has ended by itself."""
    ti, cleared = Instance(), operator("-slow")
    monkeypatch.setattr(operator_module, "task_state", lambda *_: "restarting")
    with pytest.raises(AirflowFailException):
        cleared.execute({"ti": ti})  # type: ignore[typeddict-item]
    until(jobs, str(cleared.job_id), finished)
    monkeypatch.setattr(operator_module, "task_state", lambda *_: "running")
    second = attempt(operator("-slow"), ti)
    assert second != cleared.job_id
    jobs.terminate(second, "the test is over")


@pytest.mark.parametrize("state", ["running", "up_for_retry", "scheduled", "queued", None])
def test_a_job_that_the_next_attempt_takes_up_or_ends_goes_on(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    monkeypatch.setattr(operator_module, "task_state", lambda *_: state)
    job_id = attempt(operator("-slow"), Instance())
    assert not finished(jobs.describe([job_id])[0])
    jobs.terminate(job_id, "the test is over")


def test_an_attempt_that_was_given_up_leaves_the_job_that_the_next_one_waits_for(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_module, "task_state", lambda *_: "deferred")
    ti = Instance()
    job_id = attempt(operator("-slow"), ti)
    assert attempt(operator("-slow"), ti) == job_id
    assert not finished(jobs.describe([job_id])[0])
    jobs.terminate(job_id, "the test is over")


def test_an_attempt_that_was_given_up_ends_a_second_job(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ti, given_up = Instance(), operator("-slow")
    other: list[str] = []

    def while_it_stood_still(*_: Any) -> str:
        identity = JobIdentity.of("job", ti, retries=3)
        other.append(jobs.submit(job("-slow"), identity.name, {}))
        return "deferred"

    monkeypatch.setattr(operator_module, "task_state", while_it_stood_still)
    with pytest.raises(AirflowFailException):
        given_up.execute({"ti": ti})  # type: ignore[typeddict-item]
    assert until(jobs, str(given_up.job_id), finished)["status"] == "FAILED"
    assert not finished(jobs.describe(other)[0])
    jobs.terminate(other[0], "the test is over")


def test_a_worker_that_shuts_down_ends_no_job(jobs: BatchClient) -> None:
    working = operator("-slow")
    job_id = attempt(working, Instance())
    working.on_kill()
    assert not finished(jobs.describe([job_id])[0])
    jobs.terminate(job_id, "the test is over")


def test_a_stage_without_a_job_is_skipped_with_the_plans_reason(aws: str) -> None:
    planned = operator(jobs={}, skipped={Stage.EMAIL: "not today"})
    with pytest.raises(AirflowSkipException, match="not today"):
        planned.execute({"ti": Instance()})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("heals", "error"), [(True, AirflowException), (False, AirflowFailException)]
)
def test_a_failure_is_retried_only_if_that_may_help(
    aws: str, heals: bool, error: type[Exception]
) -> None:
    event = {"job_id": "id", "message": "exit code 3", "heals": heals, "log_link": "the log"}
    ti = Instance()
    with pytest.raises(AirflowException, match="exit code 3") as failure:
        operator().execute_complete({"ti": ti}, event)  # type: ignore[typeddict-item]
    assert failure.type is error
    assert ti.xcoms["_link_LogLink"] == "the log"


def test_the_form_of_the_job_is_among_the_rendered_fields(aws: str) -> None:
    rendered = operator("a")
    rendered.render_template_fields({})
    assert rendered.job_queue == job().queue
    assert rendered.job_definition == job().definition
    assert rendered.container_overrides == {"command": job("a").command}
    assert rendered.label == "marm"
