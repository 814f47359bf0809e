"""An attempt goes on with the job that holds its series' claim, whatever listings show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emmaa_airflow.batch.claimed_jobs import FORGOTTEN_AFTER, ClaimReader
from emmaa_airflow.batch.client import BatchClient
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.claims import series_key
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import LARGER, TARGET, Job, ensure, job

NOW = datetime.now(UTC)


class Lagging(BatchInMemory):
    """A Batch whose listings show nothing yet."""

    def __init__(self, *jobs: Job, listed: bool = False, **more: Any) -> None:
        super().__init__(*jobs, **more)
        self._shows = listed

    @property
    def claims(self) -> list[dict[str, str]]:
        """The claims that the submitted jobs must hold."""
        return [json.loads(variables["EMMAA_CLAIM"]) for variables in self.environments]

    def list_jobs(
        self, jobQueue: str, filters: Any, nextToken: str = "0", **query: Any
    ) -> dict[str, Any]:
        shown = super().list_jobs(jobQueue, filters, nextToken, **query)
        return shown if self._shows else {"jobSummaryList": []}


class Written:
    """The claims in the bucket, each with its age."""

    def __init__(self, age: timedelta = timedelta(0), **owners: str) -> None:
        names = {"planned": WHO.name, "larger": WHO.larger_name}
        self.owners = {series_key(names[name]): owner for name, owner in owners.items()}
        self.age = age
        self.reads = 0

    def text(self, key: str) -> tuple[str, datetime] | None:
        self.reads += 1
        owner = self.owners.get(key)
        return (owner, NOW - self.age) if owner else None


def ensured(
    client: BatchInMemory, written: Any, wanted: BatchJob | None = None, **more: Any
) -> Any:
    more = {"claims": ClaimReader(written), **more}
    return ensure(BatchClient(client), wanted or job(), more.pop("who", WHO), {}, **more)


def ended(job_id: str, exit_code: int) -> Job:
    attempts = [{"container": {"exitCode": exit_code}}]
    return summary(WHO.name, job_id, "FAILED", queue=TARGET.queue, attempts=attempts)


@pytest.mark.parametrize("status", ["RUNNABLE", "RUNNING", "SUCCEEDED"])
def test_a_job_that_holds_the_claim_is_taken_up_before_listings_show_it(status: str) -> None:
    client = Lagging(summary(WHO.name, "holder", status))
    found = ensured(client, Written(planned="holder"))
    assert (found.job_id, found.status, found.reattached) == ("holder", status, True)
    assert client.submitted == 0


def test_a_job_beside_the_one_that_holds_the_claim_is_ended() -> None:
    newer = summary(WHO.name, "newer", "RUNNABLE", created=9)
    client = Lagging(newer, summary(WHO.name, "holder"), listed=True)
    assert ensured(client, Written(planned="holder")).job_id == "holder"
    assert client.terminated == ["newer"]


def test_a_job_that_ended_without_a_result_hands_its_claim_on() -> None:
    client = Lagging(ended("holder", 3))
    assert ensured(client, Written(planned="holder")).job_id == "new-1"
    assert client.claims == [{"series": WHO.name, "after": "holder"}]


def test_a_job_that_failed_for_good_is_taken_up_though_another_was_refused_since() -> None:
    refused = {**ended("refused", 3), "createdAt": 9}
    client = Lagging(refused, ended("holder", 1), listed=True)
    assert ensured(client, Written(planned="holder")).job_id == "holder"
    assert client.submitted == 0


def test_a_job_that_batch_does_not_show_yet_is_taken_up() -> None:
    """It wrote its claim a moment ago; DescribeJobs lags behind, too."""
    client = Lagging()
    assert ensured(client, Written(planned="holder")).job_id == "holder"
    assert client.submitted == 0


def test_a_job_that_batch_has_forgotten_hands_its_claim_on() -> None:
    client = Lagging()
    assert ensured(client, Written(planned="gone", age=2 * FORGOTTEN_AFTER)).job_id == "new-1"
    assert client.claims == [{"series": WHO.name, "after": "gone"}]


def test_a_job_on_the_larger_class_is_found_by_its_claim() -> None:
    wanted = replace(job(), larger=LARGER)
    client = Lagging(ended("small", 137), summary(WHO.larger_name, "large", queue=LARGER.queue))
    found = ensured(client, Written(planned="small", larger="large"), wanted)
    assert (found.job_id, found.larger) == ("large", True)


def test_a_job_on_the_larger_class_has_a_claim_of_its_own() -> None:
    wanted = replace(job(), larger=LARGER)
    client = Lagging(ended("small", 137))
    ensured(client, Written(planned="small"), wanted, ran_out="small")
    assert client.claims == [{"series": WHO.larger_name}]


def test_a_first_try_reads_no_claim() -> None:
    client, written = Lagging(), Written()
    ensured(client, written, who=replace(WHO, first_try=True))
    assert written.reads == 0
    assert client.claims == [{"series": WHO.name}]


def test_a_job_whose_run_has_chosen_the_date_claims_the_date_for_its_task() -> None:
    client = Lagging()
    ensured(client, Written(), replace(job(), exclusive=True))
    assert client.claims == [{"series": WHO.name, "date": "job", "task": "0123456789ab"}]


def test_an_image_that_knows_no_claims_is_given_none() -> None:
    client = BatchInMemory()
    ensure(BatchClient(client), job(), WHO, {})
    assert client.environments == [{DEFINITION_VARIABLE: TARGET.definition}]
