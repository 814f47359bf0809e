"""Tests of retry strategies."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.integration.aws_driver import RETRY_ALL, Batch


def test_job_is_tried_as_often_as_submitted(batch: Batch) -> None:
    script = 'echo "attempt $AWS_BATCH_JOB_ATTEMPT"; test "$AWS_BATCH_JOB_ATTEMPT" = 3'
    job = batch.wait(batch.shell(script, retryStrategy=RETRY_ALL))

    assert job["status"] == "SUCCEEDED"
    assert [a["container"]["exitCode"] for a in job["attempts"]] == [1, 1, 0]
    assert len({a["container"]["logStreamName"] for a in job["attempts"]}) == 3
    assert batch.output(job) == ["attempt 3"]
    assert job["retryStrategy"]["attempts"] == 3


@pytest.mark.parametrize(
    ("rules", "attempts"),
    [
        ([{"onExitCode": "7", "action": "EXIT"}], 1),
        ([{"onExitCode": "7", "action": "RETRY"}, {"onExitCode": "*", "action": "EXIT"}], 3),
        ([{"onExitCode": "*", "action": "EXIT"}, {"onExitCode": "7", "action": "RETRY"}], 1),
        ([{"onExitCode": "8", "action": "EXIT"}], 3),
        ([{"onExitCode": "7", "onStatusReason": "Host EC2*", "action": "EXIT"}], 3),
        ([{"onStatusReason": "Essential*", "action": "exit"}], 1),
        ([{"onReason": "*", "action": "EXIT"}], 1),
    ],
)
def test_first_rule_that_matches_decides(
    batch: Batch, rules: list[dict[str, str]], attempts: int
) -> None:
    strategy = {"attempts": 3, "evaluateOnExit": rules}
    job = batch.wait(batch.shell("exit 7", retryStrategy=strategy))

    assert len(job["attempts"]) == attempts
    assert job["status"] == "FAILED"


def test_definition_s_retry_strategy_holds_unless_the_job_has_its_own(batch: Batch) -> None:
    definition = {"jobQueue": "emmaa-models-update-test", "jobDefinition": "emmaa_jobdef"}

    assert len(batch.wait(batch.shell("exit 1", **definition))["attempts"]) == 1
    own = batch.wait(batch.shell("exit 1", retryStrategy={"attempts": 2}, **definition))
    assert len(own["attempts"]) == 2


def test_attempts_beyond_batch_s_limit_are_refused(batch: Batch) -> None:
    with pytest.raises(ClientError, match="attempts must be 1 to 10"):
        batch.submit("true", retryStrategy={"attempts": 11})
