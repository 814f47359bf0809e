"""Tests of the job search before a submission: queues, pages and rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.taken_dates import DateTakenError
from emmaa_cycle.batch_job import BatchJob
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import LARGER, TARGET, Job, ensure, job

FIRST = replace(WHO, first_try=True)


def growing(**more: Any) -> BatchJob:
    """Return a job that has a larger class."""
    return replace(job(), larger=LARGER, **more)


def on_larger(job_id: str, name: str = WHO.larger_name) -> Job:
    return summary(name, job_id, queue=LARGER.queue)


def too_small(job_id: str, name: str = WHO.name) -> Job:
    attempts = [{"container": {"exitCode": 137}}]
    return summary(name, job_id, "FAILED", queue=TARGET.queue, attempts=attempts)


def test_a_first_try_lists_once_before_it_submits() -> None:
    client = BatchInMemory()
    ensure(BatchClient(client), growing(), FIRST, {})
    assert client.listed == [TARGET.queue]


def test_a_first_try_of_a_round_lists_once_more_after_it_has_submitted() -> None:
    client = BatchInMemory()
    ensure(BatchClient(client), growing(exclusive=True), FIRST, {})
    assert client.listed == [TARGET.queue] * 2


def test_a_later_try_finds_a_job_on_the_larger_class_whose_first_one_is_forgotten() -> None:
    client = BatchInMemory(on_larger("large"))
    assert ensure(BatchClient(client), growing(), WHO, {}).job_id == "large"
    assert client.submitted == 0


def test_a_run_that_was_deleted_and_made_anew_finds_its_job_on_the_larger_class() -> None:
    client = BatchInMemory(too_small("small"), on_larger("large"))
    assert ensure(BatchClient(client), growing(), FIRST, {}).job_id == "large"
    assert client.submitted == 0


def test_who_knows_that_memory_was_short_looks_everywhere() -> None:
    client = BatchInMemory(on_larger("large"))  # a listing that does not show the small one yet
    resumed = replace(FIRST, first_try=False)
    submitted = ensure(BatchClient(client), growing(), resumed, {}, ran_out="small")
    assert submitted.job_id == "large"


def test_another_run_s_job_on_the_larger_class_takes_the_date() -> None:
    other = "job-ba9876543210-0"
    client = BatchInMemory(too_small("small", other), on_larger("large", f"{other}-large"))
    with pytest.raises(DateTakenError, match="large"):
        ensure(BatchClient(client), growing(exclusive=True), FIRST, {})


def test_all_pages_are_looked_at() -> None:
    client = BatchInMemory(summary(WHO.name, "a", "FAILED"), summary(WHO.name, "b"), page=1)
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "b"
    assert client.submitted == 0


def test_of_two_jobs_for_one_task_one_is_ended() -> None:
    client = BatchInMemory(summary(WHO.name, "old", created=1), summary(WHO.name, "new", created=2))
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new"
    assert client.terminated == ["old"]


def test_each_listing_is_paced_page_by_page() -> None:
    client = BatchInMemory(summary(WHO.name, "a", "FAILED"), summary(WHO.name, "b"), page=1)
    paces: list[int] = []
    ensure(BatchClient(client, lambda: paces.append(len(client.listed))), job(), WHO, {})
    assert paces == [0, 1]
