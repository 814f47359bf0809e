"""TerminateJob and CancelJob, on a job in each of its states."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.aws_driver import RETRY_ALL, Batch, Gate, is_running, wait_for


def test_terminate_ends_a_running_job_and_its_children(batch: Batch, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    job_id = batch.shell(
        f"sleep 300 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait"
    )
    wait_for("the child", pid_file.exists)
    child = int(pid_file.read_text())
    batch.client.terminate_job(jobId=job_id, reason="a person's wish")
    job = batch.wait(job_id)

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "a person's wish"
    assert (job["isTerminated"], job["isCancelled"]) == (True, False)
    assert not is_running(child)


def test_terminated_job_is_not_retried(batch: Batch) -> None:
    job_id = batch.submit("sleep", "300", retryStrategy=RETRY_ALL)
    batch.wait(job_id, "RUNNING")
    batch.client.terminate_job(jobId=job_id, reason="enough")

    assert len(batch.wait(job_id)["attempts"]) == 1


@pytest.mark.parametrize("how", ["terminate_job", "cancel_job"])
def test_queued_job_is_stopped_at_once(batch: Batch, gate: Gate, how: str) -> None:
    running = [batch.shell(gate.script) for _ in range(2)]
    queued = batch.submit("true")
    dependent = batch.submit("true", dependsOn=[{"jobId": queued}])
    getattr(batch.client, how)(jobId=queued, reason="not needed")

    job = batch.job(queued)
    assert (job["status"], job["statusReason"]) == ("FAILED", "not needed")
    assert job["isCancelled"] is (how == "cancel_job")
    assert job["isTerminated"] is (how == "terminate_job")
    assert job["attempts"] == []
    assert batch.status(dependent) == "FAILED"
    gate.open()
    assert {batch.wait(job_id)["status"] for job_id in running} == {"SUCCEEDED"}


def test_pending_job_is_stopped_at_once(batch: Batch, gate: Gate) -> None:
    first = batch.shell(gate.script)
    pending = batch.submit("true", dependsOn=[{"jobId": first}])
    batch.client.cancel_job(jobId=pending, reason="not needed")

    assert batch.status(pending) == "FAILED"
    gate.open()
    assert batch.wait(first)["status"] == "SUCCEEDED"


def test_cancel_leaves_a_running_job_alone(batch: Batch, gate: Gate) -> None:
    job_id = batch.shell(gate.script)
    batch.wait(job_id, "RUNNING")
    batch.client.cancel_job(jobId=job_id, reason="too late")
    gate.open()

    assert batch.wait(job_id)["status"] == "SUCCEEDED"


def test_terminating_a_finished_job_changes_nothing(batch: Batch) -> None:
    job = batch.run("true")
    batch.client.terminate_job(jobId=job["jobId"], reason="too late")

    assert batch.job(job["jobId"]) == job


def test_jobs_stopped_at_any_moment_end(batch: Batch) -> None:
    jobs = [batch.submit("sleep", "300") for _ in range(20)]
    for job_id in jobs:
        batch.client.terminate_job(jobId=job_id, reason="enough")

    for job_id in jobs:
        job = batch.wait(job_id)
        assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
