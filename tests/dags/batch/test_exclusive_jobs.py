"""Of two runs that would make the round of one date, one does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.outcome import UNFINISHED
from emmaa_airflow.batch.rivals import InFlightError
from emmaa_airflow.batch.taken_dates import DateTakenError
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.stages import STAGES, Stage
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import LARGER, TARGET, Job, ensure, job


def round_job() -> BatchJob:
    return replace(job(), exclusive=True)


def test_two_runs_do_not_make_one_round(pauses: list[float]) -> None:
    other = summary("job-ba9876543210-0", "other")
    with pytest.raises(DateTakenError, match=r"job-ba9876543210-0 \(other\) is RUNNING"):
        ensure(BatchClient(BatchInMemory(other)), round_job(), WHO, {})
    assert (
        ensure(BatchClient(BatchInMemory(other)), job(), WHO, {}).job_id == "new-1"
    )  # makes no round


@pytest.mark.parametrize(
    "other",
    [
        summary("job-ba9876543210-0", "other", "SUCCEEDED"),
        summary("job-2-ba9876543210-0", "other"),
        summary("job-of-a-person", "other"),
    ],
    ids=["done", "another name", "no task's"],
)
def test_only_a_run_at_work_takes_a_round(other: Job) -> None:
    assert ensure(BatchClient(BatchInMemory(other)), round_job(), WHO, {}).job_id == "new-1"


def test_a_listing_that_lags_behind_does_not_take_a_round_for_a_job_that_has_failed() -> None:
    """The other run's job gave way to this run's first one, which then ran out of memory."""

    class Lagging(BatchInMemory):
        def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
            return {"jobs": [summary("job-ba9876543210-0", "other", "FAILED")]}

    client = Lagging(summary("job-ba9876543210-0", "other", "SUBMITTED"))
    assert ensure(BatchClient(client), round_job(), WHO, {}).job_id == "new-1"


class Rival(BatchInMemory):
    """A client beside which another run submits at the same moment."""

    def submit_job(self, jobName: str, **request: Any) -> dict[str, Any]:
        self.jobs.append(summary("job-ba9876543210-0", "rival", created=self.rival_created))
        return super().submit_job(jobName, **request)

    rival_created = 0


@pytest.mark.parametrize(("created", "stays"), [(999, False), (1001, True)])
def test_of_two_runs_that_submit_at_one_moment_the_first_stays(created: int, stays: bool) -> None:
    client = Rival()
    client.rival_created = created
    if stays:
        assert ensure(BatchClient(client), round_job(), WHO, {}).job_id == "new-1"
    else:
        with pytest.raises(DateTakenError, match="rival"):
            ensure(BatchClient(client), round_job(), WHO, {})
    assert client.terminated == ([] if stays else ["new-1"])


MODEL_UPDATE = STAGES[Stage.MODEL_UPDATE].purpose
NAME = "marm_update_2026-03-02-17-00-00"


def update_job() -> BatchJob:
    """Return an update of a model; its siblings are the model's updates of other days."""
    own = replace(job(), name=NAME, siblings="marm_update_", exclusive=True)
    tags = {"model": "marm", "purpose": MODEL_UPDATE}
    return replace(own, tags=tags, command=["run_model_update.py", "--model", "marm"])


UPDATE = JobIdentity(f"{NAME}-0123456789ab-", f"{NAME}-0123456789ab-0")
OWN_RUN = Origin("emmaa_update_pipeline", "today").to_environment()


def update(
    job_id: str,
    *,
    model: str = "marm",
    name: str = "marm_update_2026-03-01-17-00-00",
    digest: str = "ba9876543210",
    run: str = "yesterday",
    **more: Any,
) -> Job:
    """Return an update of another day, as in both listings and descriptions."""
    variables = Origin("emmaa_update_pipeline", run).to_environment()
    environment = [{"name": key, "value": value} for key, value in variables.items()]
    command = ["run_model_update.py", "--model", model]
    container = {"command": command, "environment": environment}
    tags = {"model": model, "purpose": MODEL_UPDATE}
    described: dict[str, Any] = {"container": container, "tags": tags, "statusReason": "CAPACITY:X"}
    described |= {"queue": TARGET.queue, **more}
    return summary(f"{name}-{digest}-0", job_id, **described)


@pytest.mark.parametrize("queue", [TARGET.queue, LARGER.queue])
@pytest.mark.parametrize("status", UNFINISHED)
def test_an_update_of_another_day_is_in_the_way_wherever_it_is(queue: str, status: str) -> None:
    client = BatchInMemory(update("other", queue=queue, status=status))
    with pytest.raises(InFlightError) as raised:
        ensure(BatchClient(client), update_job(), UPDATE, OWN_RUN)
    for part in ("other", "marm_update_2026-03-01", "run yesterday", status, "CAPACITY:X"):
        assert part in str(raised.value)
    assert not client.submitted


@pytest.mark.parametrize(
    "other",
    [
        update("1", status="SUCCEEDED"),
        update("1", status="FAILED"),
        update("1", model="marm_update", name="marm_update_update_2026-03-01-17-00-00"),
        update("1", name="marm_update_assistant", tags={"model": "marm", "purpose": "other"}),
        summary("marm_update_of_a_person", "1"),
    ],
    ids=["done", "failed", "another model", "another stage", "no task's"],
)
def test_nothing_else_is_in_the_way_of_an_update(other: Job) -> None:
    assert (
        ensure(BatchClient(BatchInMemory(other)), update_job(), UPDATE, OWN_RUN).job_id == "new-1"
    )


@pytest.mark.parametrize(
    "orphan",
    [update("old", digest="0123456789ab"), update("old", run="today")],
    ids=["its plan was cleared", "its list of models was cleared"],
)
def test_an_update_of_the_same_run_is_ended_for_the_new_one(orphan: Job) -> None:
    client = BatchInMemory(orphan)
    assert ensure(BatchClient(client), update_job(), UPDATE, OWN_RUN).job_id == "new-1"
    assert set(client.terminated) == {"old"}  # again, as long as it is not over


@pytest.mark.parametrize(("created", "stays"), [(999, False), (1001, True)])
def test_of_two_updates_that_are_submitted_at_one_moment_the_first_stays(
    created: int, stays: bool
) -> None:
    class RivalUpdate(BatchInMemory):
        def submit_job(self, jobName: str, **request: Any) -> dict[str, Any]:
            self.jobs.append(update("rival", created=created))
            return super().submit_job(jobName, **request)

    client = RivalUpdate()
    if stays:
        assert ensure(BatchClient(client), update_job(), UPDATE, OWN_RUN).job_id == "new-1"
    else:
        with pytest.raises(InFlightError, match="rival"):
            ensure(BatchClient(client), update_job(), UPDATE, OWN_RUN)
    assert client.terminated == ([] if stays else ["new-1"])


def test_what_refuses_a_new_job_is_not_asked_where_one_is_taken_up() -> None:
    def refuse() -> None:
        raise InputError("no")

    with pytest.raises(InputError):
        ensure(BatchClient(BatchInMemory()), update_job(), UPDATE, OWN_RUN, before_submit=refuse)
    own = summary(UPDATE.name, "own", "SUCCEEDED", created=5000)
    taken = ensure(
        BatchClient(BatchInMemory(own)), update_job(), UPDATE, OWN_RUN, before_submit=refuse
    )
    assert (taken.job_id, taken.since) == ("own", 5.0)
