"""An attempt that stood still while another one went on makes no second job."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_airflow import batch_jobs
from emmaa_airflow.batch_jobs import STALE_SECONDS, BatchJobs, SecondJobError
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import job


def test_who_stood_still_looks_again_before_it_submits(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, STALE_SECONDS + 1, 500.0, 500.0])
    client = BatchInMemory()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep)
    monkeypatch.setattr(batch_jobs, "time", clock)
    listing = client.list_jobs
    listings = 0

    def look(**query: Any) -> dict[str, Any]:
        nonlocal listings
        listings += 1
        shown = listing(**query)
        client.jobs = [summary(WHO.name, "by the next attempt")]  # while this one stood still
        return shown

    monkeypatch.setattr(client, "list_jobs", look)
    assert BatchJobs(client).ensure(job(), WHO, {}).job_id == "by the next attempt"
    assert (client.submitted, listings) == (0, 2)


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_who_stood_still_while_it_submitted_ends_the_second_job(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, STALE_SECONDS + 2])
    client = BatchInMemory()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep)
    monkeypatch.setattr(batch_jobs, "time", clock)
    submit = client.submit_job

    def late(**request: Any) -> dict[str, Any]:
        client.jobs.append(summary(WHO.name, "by the next attempt", status))
        return submit(**request)

    monkeypatch.setattr(client, "submit_job", late)
    with pytest.raises(SecondJobError, match="job new-1, and another attempt has one"):
        BatchJobs(client).ensure(job(), WHO, {})
    assert client.terminated == ["new-1"]
