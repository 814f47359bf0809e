"""SubmitJob throttled, refused, or without an answer."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.submission import LOOK_AFTER_SECONDS
from tests.dags.batch_in_memory import WHO, BatchInMemory, summary
from tests.dags.jobs_on_batch import ensure, job


def throttled() -> ClientError:
    error = {"Error": {"Code": "TooManyRequestsException", "Message": "slower"}}
    return ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 429}}, "SubmitJob")


def unavailable() -> ClientError:
    error = {"Error": {"Code": "ServerException", "Message": "a fault"}}
    return ClientError({**error, "ResponseMetadata": {"HTTPStatusCode": 500}}, "SubmitJob")


def lost() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://batch")


def test_throttling_is_waited_out(pauses: list[float]) -> None:
    client = BatchInMemory(faults=(throttled(),) * 7)
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1
    assert len(pauses) == 7


@pytest.mark.parametrize("fault", [unavailable(), lost()], ids=["fault", "no answer"])
def test_a_submission_whose_answer_was_lost_is_looked_for(
    fault: Exception, pauses: list[float]
) -> None:
    client = BatchInMemory(faults=(fault,), taken=True)
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1
    assert pauses == [LOOK_AFTER_SECONDS]


@pytest.mark.parametrize("fault", [unavailable(), lost()], ids=["fault", "no answer"])
def test_a_submission_that_was_not_taken_is_made_again(
    fault: Exception, pauses: list[float]
) -> None:
    client = BatchInMemory(faults=(fault, fault))
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new-1"


@pytest.mark.parametrize("fault", [unavailable(), lost()], ids=["fault", "no answer"])
def test_a_lost_submission_is_not_taken_for_a_job_of_before(
    fault: Exception, pauses: list[float]
) -> None:
    """Neither a failed job of the same series nor a job of another series is adopted."""
    exit_code = {"container": {"exitCode": 3}}
    client = BatchInMemory(
        summary(WHO.name, "older", "FAILED", 1, **exit_code),
        summary(WHO.name, "old", "FAILED", 2, **exit_code),
        summary(f"{WHO.task_prefix}7", "another series", "FAILED", 3, **exit_code),
        faults=(fault,),
        taken=True,
    )
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1


def test_a_submission_that_was_not_taken_is_made_again_beside_a_job_of_before(
    pauses: list[float],
) -> None:
    old = summary(WHO.name, "old", "FAILED", 1, container={"exitCode": 3})
    client = BatchInMemory(old, faults=(lost(),))
    assert ensure(BatchClient(client), job(), WHO, {}).job_id == "new-1"
    assert client.submitted == 1


def test_a_submission_that_is_never_answered_fails(pauses: list[float]) -> None:
    with pytest.raises(ReadTimeoutError):
        ensure(BatchClient(BatchInMemory(faults=(lost(),) * 9)), job(), WHO, {})


def test_what_batch_refuses_is_not_asked_again(pauses: list[float]) -> None:
    refused = ClientError({"Error": {"Code": "ClientException"}}, "SubmitJob")
    with pytest.raises(ClientError, match="ClientException"):
        ensure(BatchClient(BatchInMemory(faults=(refused, None))), job(), WHO, {})
    assert pauses == []
