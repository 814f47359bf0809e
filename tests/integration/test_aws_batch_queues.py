"""Submitting to a queue: what is refused, how soon a job starts, and how many run at once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.aws_driver import Batch, Gate


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"jobQueue": "nowhere"}, "Job queue 'nowhere' does not exist"),
        ({"jobDefinition": "nothing"}, "Job definition 'nothing' does not exist"),
        ({"arrayProperties": {"size": 2}}, "no array jobs"),
        ({"name": "a b"}, "jobName 'a b' must match"),
    ],
)
def test_wrong_requests_are_refused(batch: Batch, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        batch.submit("true", **request_)


def test_jobs_start_soon(batch: Batch) -> None:
    waits = []
    for _ in range(5):
        job = batch.run("true")
        waits.append(job["startedAt"] - job["createdAt"])

    assert min(waits) <= 200


def test_slots_bound_what_runs_and_the_queue_is_in_order(
    batch: Batch, gate: Gate, tmp_path: Path
) -> None:
    longer = Gate(tmp_path / "longer")
    running = [batch.shell(gate.script), batch.shell(longer.script)]
    waiting = [batch.submit("true") for _ in range(3)]
    for job_id in running:
        batch.wait(job_id, "RUNNING")

    assert [batch.status(job_id) for job_id in waiting] == ["RUNNABLE"] * 3
    gate.open()  # one slot alone is free now, so the jobs run one after the other
    jobs = [batch.wait(running[0]), *(batch.wait(job_id) for job_id in waiting)]
    for earlier, later in itertools.pairwise(jobs):
        assert earlier["stoppedAt"] <= later["startedAt"]
    longer.open()
    batch.wait(running[1])


def test_many_jobs_at_once(batch: Batch) -> None:
    jobs = [batch.submit("true", name=f"many-{number}") for number in range(40)]

    assert {batch.wait(job_id)["status"] for job_id in jobs} == {"SUCCEEDED"}
