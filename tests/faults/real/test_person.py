"""A person marks a task as failed, or clears it, on a real Airflow while its job runs (issue 4)."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.faults.real.conftest import Cases
from tests.faults.real.person import Person
from tests.faults.real.work import Moment, Outcome, Work

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize(
        "moment", [Moment.SUBMITTING, Moment.DEFERRED], ids=["running", "deferred"]
    ),
]


@pytest.fixture
def work(cases: Cases, moment: Moment) -> Work:
    """Return a task with a running job; the task itself runs or is deferred."""
    work = cases.new("person-", moment)
    work.begin()
    work.reach()
    return work


def ended(work: Work) -> Outcome:
    """Return the outcome after the task's first job was ended."""
    first = work.jobs()[0]["jobId"]
    gate = work.site.gate
    work.site.wait_for(
        lambda: any(request["jobId"] == first for request in gate.requests("terminatejob")),
        "TerminateJob for the killed task's job",
    )
    work.site.wait_for(lambda: work.jobs()[0]["status"] == "FAILED", "the job's end")
    return work.look()


def test_a_task_that_is_marked_failed_ends_its_job(work: Work, moment: Moment) -> None:
    with closing(Person(work)) as person:
        person.mark_failed()
    if work.hold:
        work.hold.release()
    outcome = ended(work)
    assert (outcome.submissions, outcome.ended) == (1, 1)
    assert work.task()["state"] == "failed"


def test_a_cleared_task_ends_its_job_and_runs_anew(work: Work, moment: Moment) -> None:
    with closing(Person(work)) as person:
        person.clear()
    if work.hold:
        work.hold.release()
    ended(work)
    work.site.wait_for(lambda: len(work.jobs()) > 1, "the cleared task's own job")
    outcome = work.finish()
    assert outcome.state == "success"
    assert (outcome.submissions, outcome.ended) == (2, 1)
    assert [job["status"] for job in work.jobs()] == ["FAILED", "SUCCEEDED"]
