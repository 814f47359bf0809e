"""Jobs that nobody waits for any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_airflow.batch import orphaned_jobs
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity, task_digest_of
from emmaa_airflow.batch.in_flight import JobInFlight
from emmaa_airflow.batch.orphaned_jobs import OrphanedJobs
from emmaa_airflow.batch.outcome import UNFINISHED
from emmaa_cycle.origin import Origin
from emmaa_cycle.resources import JOB_QUEUES
from emmaa_cycle.settings import load_settings
from tests.dags.jobs_on_batch import Instance, ensure, finished, job, until

QUEUES = [queue.name for queue in JOB_QUEUES]
States = Mapping[str, str | None]


def submitted(jobs: BatchClient, ti: Instance, name: str = "job") -> str:
    """Submit a job of a task that runs until it is ended."""
    identity = JobIdentity.of(name, ti, retries=3)
    return ensure(jobs, job("-slow"), identity, Origin("dag", ti.run_id).to_environment()).job_id


def airflow_says(ti: Instance, states: States) -> Callable[[str, list[str]], Any]:
    """Airflow's answer about the states of one run."""

    def answer(dag_id: str, run_ids: list[str]) -> dict[str, States]:
        return {ti.run_id: states} if dag_id == "dag" and ti.run_id in run_ids else {}

    return answer


@pytest.mark.parametrize("state", ["success", "failed", "skipped", "restarting"])
def test_a_job_whose_task_is_done_is_ended(jobs: BatchClient, state: str) -> None:
    ti = Instance()
    job_id = submitted(jobs, ti)
    assert OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": state})).end() == [job_id]
    ended = until(jobs, job_id, finished)
    assert ended["statusReason"] == orphaned_jobs.NO_TASK_WAITS


@pytest.mark.parametrize(
    "states",
    [
        {"task": "deferred"},
        {"task": "running"},
        {"task": "up_for_retry"},
        {"task": None},
        {"another": "failed"},
        {"task_0": "failed"},
        {},
    ],
    ids=json.dumps,
)
def test_a_job_that_may_be_waited_for_goes_on(jobs: BatchClient, states: States) -> None:
    ti = Instance()
    job_id = submitted(jobs, ti)
    assert OrphanedJobs(jobs, QUEUES, airflow_says(ti, states)).end() == []
    assert not finished(jobs.describe([job_id])[0])
    jobs.terminate(job_id, "the test is over")


def test_of_two_jobs_of_one_task_the_older_one_is_ended(jobs: BatchClient) -> None:
    """A daily update whose plan was cleared with it: its new job has another date."""
    ti = Instance()
    old = submitted(jobs, ti, "marm_update_2026-03-02-17-00-00")
    new = submitted(jobs, ti, "marm_update_2026-03-02-18-30-00")
    orphans = OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": "deferred"}))
    assert orphans.end() == []  # its submitter may end it at once
    assert orphans.end() == [old]
    assert until(jobs, old, finished)["statusReason"] == orphaned_jobs.NEWER_JOB
    assert not finished(jobs.describe([new])[0])
    jobs.terminate(new, "the test is over")


def test_a_job_that_cannot_be_ended_does_not_keep_the_others(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ti = Instance()
    tasks = [Instance(run_id=ti.run_id, map_index=index) for index in range(3)]
    ids = [submitted(jobs, each) for each in tasks]
    states = {f"task_{index}": "failed" for index in range(3)}
    orphans = OrphanedJobs(jobs, QUEUES, airflow_says(ti, states))
    terminate, refused = jobs.terminate, ids[0]

    def terminate_but_one(job_id: str, reason: str) -> None:
        if job_id == refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "TerminateJob")
        terminate(job_id, reason)

    monkeypatch.setattr(jobs, "terminate", terminate_but_one)
    assert set(orphans.end()) == set(ids[1:])
    refused = ""
    assert ids[0] in orphans.end()
    for job_id in ids:
        until(jobs, job_id, finished)


def test_a_job_with_variables_of_somebodys_own_does_not_keep_the_others(jobs: BatchClient) -> None:
    ti, other = Instance(), Instance(run_id="copied by a person")
    job_id = submitted(jobs, ti)
    identity = JobIdentity.of("job", other, retries=3)
    slow = job("-slow")
    overrides = {
        "command": slow.command,
        "environment": [{"name": "EMMAA_NOTIFY", "value": "perhaps"}],
    }
    copy = jobs.client.submit_job(
        jobName=identity.name,
        jobQueue=slow.queue,
        jobDefinition=slow.definition,
        containerOverrides=overrides,
    )["jobId"]
    assert OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": "failed"})).end() == [job_id]
    jobs.terminate(copy, "the test is over")


def test_of_mapped_tasks_the_right_one_is_ended(jobs: BatchClient) -> None:
    first = Instance(task_id="group_1.task_2", map_index=0)
    second = Instance(task_id="group_1.task_2", map_index=11, run_id=first.run_id)
    ids = [submitted(jobs, ti) for ti in (first, second)]
    states = {"group_1.task_2_0": "deferred", "group_1.task_2_11": "failed"}
    assert OrphanedJobs(jobs, QUEUES, airflow_says(first, states)).end() == [ids[1]]
    jobs.terminate(ids[0], "the test is over")


def test_the_jobs_of_another_deployment_are_left_alone(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ti = Instance()
    job_id = submitted(jobs, ti)
    monkeypatch.setenv("EMMAA_BUCKET", "another-bucket")
    load_settings.cache_clear()
    assert OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": "failed"})).end() == []
    jobs.terminate(job_id, "the test is over")


def test_jobs_of_other_programs_are_left_alone(jobs: BatchClient) -> None:
    job_id = jobs.submit(job("-slow"), "a-job-of-somebody-1", {})
    unnamed = ensure(jobs, job("-slow"), JobIdentity("j-0123456789ab-", "j-0123456789ab-0"), {})
    assert OrphanedJobs(jobs, QUEUES, lambda *_: {}).end() == []
    for each in (job_id, unnamed.job_id):
        assert not finished(jobs.describe([each])[0])
        jobs.terminate(each, "the test is over")


def test_a_job_is_described_once(jobs: BatchClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ti = Instance()
    job_id = submitted(jobs, ti)
    asked: list[list[str]] = []
    describe = jobs.describe

    def note_and_describe(ids: list[str]) -> list[dict[str, Any]]:
        asked.append(ids)
        return describe(ids)

    monkeypatch.setattr(jobs, "describe", note_and_describe)
    orphans = OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": "deferred"}))
    orphans.end()
    orphans.end()
    assert [job_id in ids for ids in asked] == [True]
    jobs.terminate(job_id, "the test is over")


def test_every_status_but_the_last_two_is_looked_at() -> None:
    assert set(UNFINISHED) == {*("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")}


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("marm_update-0123456789ab-0", "0123456789ab"),
        ("marm_update-0123456789ab-12-large", "0123456789ab"),
        ("marm_update-0123456789ab", ""),
        ("marm_update_2026-03-02", ""),
        ("marm-0123456789ag-0", ""),
    ],
)
def test_a_task_s_job_is_known_by_its_name(name: str, digest: str) -> None:
    assert task_digest_of(name) == digest


def test_a_variable_without_a_value_hides_no_orphan(
    jobs: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS leaves the value of such a variable out; a person may copy a job and add one."""
    ti = Instance()
    job_id = submitted(jobs, ti)
    describe = jobs.describe

    def described(ids: list[str]) -> list[dict[str, Any]]:
        found = describe(ids)
        for each in found:
            each["container"]["environment"].append({"name": "DEBUG"})
        return found

    monkeypatch.setattr(jobs, "describe", described)
    assert OrphanedJobs(jobs, QUEUES, airflow_says(ti, {"task": "failed"})).end() == [job_id]
    (found,) = described([job_id])
    assert JobInFlight.of(found).run_id == ti.run_id
