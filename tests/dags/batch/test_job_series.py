"""Tests of the choice between the jobs of a series."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.series import Choice, Job, choose

WHO = JobIdentity("job-t-", "job-t-1")


def made(
    job_id: str, status: str = "RUNNING", name: str = WHO.name, exit_code: int | None = None
) -> Job:
    container = {} if exit_code is None else {"exitCode": exit_code}
    return {"jobId": job_id, "jobName": name, "status": status, "container": container}


def failed(job_id: str, exit_code: int, *, larger: bool = False, **more: Any) -> Job:
    name = WHO.larger_name if larger else WHO.name
    return {**made(job_id, "FAILED", name, exit_code), **more}


def no_capacity(job_id: str, *, larger: bool = False) -> Job:
    name = WHO.larger_name if larger else WHO.name
    reason = "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT"
    return {**made(job_id, "FAILED", name), "statusReason": reason}


def larger(job_id: str, status: str = "RUNNING") -> Job:
    return made(job_id, status, WHO.larger_name)


def chosen(*jobs: Job, has_larger: bool = True, ran_out: str = "") -> Choice:
    by_id = {job["jobId"]: job for job in jobs}
    return choose(jobs, WHO, by_id.get, has_larger=has_larger, ran_out=ran_out)


@pytest.mark.parametrize(
    ("jobs", "take_up", "on_larger"),
    [
        ([], "", False),
        ([made("a")], "a", False),
        ([made("a", "SUCCEEDED")], "a", False),
        ([made("b"), made("a", "SUCCEEDED")], "a", False),
        ([made("b"), failed("a", 3)], "b", False),
        ([failed("a", 3)], "", False),
        ([failed("a", 1)], "a", False),
        ([failed("a", 1, isTerminated=True)], "", False),
        ([failed("a", 1, isCancelled=True)], "", False),
        ([failed("a", 137)], "", True),
        ([no_capacity("a")], "", False),
        ([no_capacity("b"), no_capacity("a")], "", False),
        ([made("c"), no_capacity("b")], "c", False),
        ([failed("b", 1), no_capacity("a")], "b", False),
        ([no_capacity("b", larger=True), failed("a", 137)], "", True),
        ([failed("b", 3), failed("a", 137)], "", False),
        ([larger("b"), failed("a", 137)], "b", True),
        ([larger("b", "SUCCEEDED"), failed("a", 137)], "b", True),
        ([failed("b", 3, larger=True), failed("a", 137)], "", True),
        ([failed("b", 1, larger=True), failed("a", 137)], "b", True),
        ([failed("b", 137, larger=True), failed("a", 137)], "b", True),
    ],
)
def test_what_is_there_decides(jobs: list[Job], take_up: str, on_larger: bool) -> None:
    choice = chosen(*jobs)
    assert (choice.take_up["jobId"] if choice.take_up else "") == take_up
    assert choice.larger is on_larger


def test_without_a_larger_class_a_lack_of_memory_is_told() -> None:
    choice = chosen(failed("a", 137), has_larger=False)
    assert choice.take_up
    assert not choice.larger


def test_a_job_that_is_known_to_have_ended_is_not_taken_up_from_an_old_listing() -> None:
    choice = chosen(made("a", "RUNNING"), ran_out="a")
    assert choice.take_up is None
    assert choice.larger
    assert not choice.superfluous


def test_a_job_that_is_known_to_have_ended_need_not_be_in_the_listing_yet() -> None:
    choice = chosen(ran_out="a")
    assert choice == Choice(None, larger=True, superfluous=[])
    assert chosen(larger("b"), ran_out="a").take_up


def test_a_description_that_lags_behind_the_listing_is_waited_for() -> None:
    choice = choose([failed("a", 3)], WHO, lambda _: made("a", "RUNNING"), has_larger=True)
    assert choice.take_up


def test_a_job_that_batch_forgot_is_replaced() -> None:
    assert choose([failed("a", 1)], WHO, lambda _: None, has_larger=True).take_up is None


def test_nothing_works_beside_the_chosen_job() -> None:
    choice = chosen(
        made("newest"),
        made("second"),
        made("earlier", name="job-t-0"),
        made("earlier-large", name="job-t-0-large"),
        made("earlier-done", "SUCCEEDED", name="job-t-0"),
    )
    assert choice.take_up
    assert choice.take_up["jobId"] == "newest"
    assert {job["jobId"] for job in choice.superfluous} == {"second", "earlier", "earlier-large"}
