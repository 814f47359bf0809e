"""An attempt that stalled while another one proceeded submits no second job."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_airflow.batch import submission
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.submission import STALE_SECONDS, SecondJobError
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import LARGER, TARGET, Job, ensure, job


def test_who_stood_still_looks_again_before_it_submits(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, STALE_SECONDS + 1, 500.0, 500.0])
    client = BatchInMemory()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep, time=time.time)
    monkeypatch.setattr(submission, "time", clock)
    listing = client.list_jobs
    listings = 0

    def look(**query: Any) -> dict[str, Any]:
        nonlocal listings
        listings += 1
        shown = listing(**query)
        client.jobs = [summary(WHO.name, "by the next attempt")]  # while this one was stalled
        return shown

    monkeypatch.setattr(client, "list_jobs", look)
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "by the next attempt"
    assert (client.submitted, listings) == (0, 2)


TAKES_OVER = replace(WHO, takes_over=True)


def test_who_takes_over_waits_until_a_listing_shows_what_was_submitted_just_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scheduler that is started again gives a try up whose worker is at SubmitJob."""
    client, slept = BatchInMemory(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        client.jobs = [summary(WHO.name, "by the try before")]  # hidden till now

    monkeypatch.setattr(time, "sleep", sleep)
    taken_up = ensure(BatchClient(client), job(), TAKES_OVER, {})
    assert (taken_up.job_id, client.submitted, slept) == ("by the try before", 0, [30])


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_who_takes_over_a_job_that_is_seen_does_not_wait(status: str, pauses: list[float]) -> None:
    reason = "Host EC2 (instance i-1) terminated."
    client = BatchInMemory(summary(WHO.name, "there", status, statusReason=reason))
    ensure(BatchClient(client), job(), TAKES_OVER, {})
    assert pauses == []


def test_a_first_try_does_not_wait(pauses: list[float]) -> None:
    client = BatchInMemory()
    ensure(BatchClient(client), job(), WHO, {})
    assert (client.submitted, pauses) == (1, [])


def test_who_takes_over_submits_if_there_is_nothing(pauses: list[float]) -> None:
    client = BatchInMemory()
    ensure(BatchClient(client), job(), TAKES_OVER, {})
    assert (client.submitted, pauses) == (1, [30])


@pytest.mark.parametrize(
    "by_the_next_attempt",
    [
        [summary(WHO.name, "one", "RUNNING")],
        [summary(WHO.name, "one", "SUCCEEDED")],
        [
            summary(WHO.name, "too small", "FAILED", queue=TARGET.queue),
            summary(WHO.larger_name, "large enough", "SUCCEEDED", queue=LARGER.queue),
        ],
    ],
    ids=["running", "done", "done on the larger class after a lack of memory"],
)
def test_who_stood_still_while_it_submitted_ends_the_second_job(
    by_the_next_attempt: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, STALE_SECONDS + 2])
    client = BatchInMemory()
    clock = SimpleNamespace(monotonic=lambda: next(moments), sleep=time.sleep, time=time.time)
    monkeypatch.setattr(submission, "time", clock)
    submit = client.submit_job

    def late(**request: Any) -> dict[str, Any]:
        client.jobs += by_the_next_attempt
        return submit(**request)

    monkeypatch.setattr(client, "submit_job", late)
    with pytest.raises(SecondJobError, match="job new-1, and another attempt has one"):
        ensure(BatchClient(client), replace(job(), larger=LARGER), WHO, {})
    assert client.terminated == ["new-1"]
