"""A job waits for the jobs it depends on, and fails with them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.integration.aws_driver import Batch, Gate


def test_dependent_waits_for_all_it_depends_on(batch: Batch, gate: Gate) -> None:
    first, second = batch.shell(gate.script), batch.submit("true")
    depends_on = [{"jobId": job_id, "type": "SEQUENTIAL"} for job_id in (first, second)]
    dependent = batch.submit("true", dependsOn=depends_on)
    batch.wait(second)
    batch.wait(first, "RUNNING")

    assert batch.status(dependent) == "PENDING"
    gate.open()
    described = batch.wait(dependent)
    assert described["status"] == "SUCCEEDED"
    assert described["startedAt"] >= batch.job(first)["stoppedAt"]


def test_failed_dependency_fails_all_that_follow(batch: Batch, gate: Gate) -> None:
    first = batch.shell(f"{gate.script}; exit 1")
    second = batch.submit("true", dependsOn=[{"jobId": first}])
    third = batch.submit("true", dependsOn=[{"jobId": second}])
    gate.open()

    for job in (batch.wait(second), batch.wait(third)):
        assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
        assert job["attempts"] == []
    late = batch.wait(batch.submit("true", dependsOn=[{"jobId": first}]))
    assert late["status"] == "FAILED"


def test_finished_dependency_does_not_hold(batch: Batch) -> None:
    first = batch.run("true")["jobId"]

    assert batch.run("true", dependsOn=[{"jobId": first}])["status"] == "SUCCEEDED"


def test_unknown_dependency_is_refused(batch: Batch) -> None:
    with pytest.raises(ClientError, match="'nobody', which is not a job"):
        batch.submit("true", dependsOn=[{"jobId": "nobody"}])
