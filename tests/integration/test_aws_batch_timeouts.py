"""A job that takes longer than its timeout is ended."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from infra.local.aws.options import LEAST_TIMEOUT_SECONDS
from tests.integration.aws_driver import RETRY_ALL, Batch


def test_timeout_ends_the_job_and_is_not_retried(batch: Batch) -> None:
    job = batch.wait(
        batch.shell(
            "sleep 300 & wait", timeout={"attemptDurationSeconds": 1}, retryStrategy=RETRY_ALL
        )
    )

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 143
    assert len(job["attempts"]) == 1
    assert job["timeout"] == {"attemptDurationSeconds": 1}


def test_a_timeout_below_the_least_is_refused(batch: Batch) -> None:
    """The least is a second here, and Batch's own minute where nothing else is asked for."""
    with pytest.raises(ClientError, match="attemptDurationSeconds 0 must be 1 or more"):
        batch.submit("true", timeout={"attemptDurationSeconds": 0})
    with pytest.raises(ClientError, match="attemptDurationSeconds 0 must be 1 or more"):
        batch.client.register_job_definition(
            jobDefinitionName="too-short",
            type="container",
            timeout={"attemptDurationSeconds": 0},
            containerProperties={"image": "any"},
        )
    assert LEAST_TIMEOUT_SECONDS == 60


def test_timeout_kills_what_ignores_sigterm(batch: Batch) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    job = batch.wait(batch.python(code, timeout={"attemptDurationSeconds": 1}))

    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 137


def test_job_that_ends_well_on_sigterm_has_timed_out_all_the_same(batch: Batch) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"
    job = batch.wait(
        batch.python(f"{code}; time.sleep(300)", timeout={"attemptDurationSeconds": 1})
    )

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 0)


def test_definition_s_timeout_holds(batch: Batch) -> None:
    batch.client.register_job_definition(
        jobDefinitionName="short",
        type="container",
        timeout={"attemptDurationSeconds": 1},
        containerProperties={
            "image": "any",
            "resourceRequirements": [
                {"type": "MEMORY", "value": "100"},
                {"type": "VCPU", "value": "1"},
            ],
        },
    )
    job = batch.run("sleep", "300", jobDefinition="short")

    assert job["statusReason"] == "Job attempt duration exceeded timeout"
