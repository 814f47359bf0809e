"""A job works only if it gets its claim, on moto's S3 with its conditional puts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.responses import S3Response

from emmaa_cycle.claims import Claim, hold, series_key
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.claims import BucketClaims
from emmaa_jobs.commands.cli import run_job

SERIES = "rasmodel_update_2026-03-02-12-00-00-0123456789ab-0"
Run = Callable[..., tuple[int, bool]]


@pytest.fixture
def run(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a job with a claim; return its exit code and whether it worked."""
    monkeypatch.setenv("EMMAA_BUCKET", bucket.name)
    load_settings.cache_clear()

    def as_job(job_id: str, claim: str) -> tuple[int, bool]:
        monkeypatch.setenv("AWS_BATCH_JOB_ID", job_id)
        monkeypatch.setenv("EMMAA_CLAIM", claim)
        worked = []

        def work(_argv: Sequence[str] | None) -> str:
            worked.append(job_id)
            return "done"

        return run_job(work, []), bool(worked)

    return as_job


def claim(series: str = SERIES, after: str = "", date: str = "", task: str = "") -> str:
    return Claim(series, after, date, task).to_environment()["EMMAA_CLAIM"]


def test_a_second_job_of_a_series_does_not_work(
    run: Run, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("job-1", claim()) == (EXIT_DONE, True)
    assert run("job-2", claim()) == (EXIT_UNAVAILABLE, False)
    assert (
        "belongs to the job job-1. The task's next try waits for that job"
        in capsys.readouterr().out
    )
    assert bucket.read_bytes(series_key(SERIES)) == b"job-1"


def test_a_job_that_batch_itself_tries_again_works_again(run: Run) -> None:
    assert run("job-1", claim()) == (EXIT_DONE, True)
    assert run("job-1", claim()) == (EXIT_DONE, True)


def test_a_job_takes_over_from_the_one_that_has_ended_and_from_no_other(run: Run) -> None:
    run("job-1", claim())
    assert run("job-2", claim(after="job-1")) == (EXIT_DONE, True)
    assert run("job-3", claim(after="job-1")) == (EXIT_UNAVAILABLE, False)


def test_a_cleared_task_has_a_claim_of_its_own(run: Run) -> None:
    run("job-1", claim())
    assert run("job-2", claim(SERIES[:-1] + "1")) == (EXIT_DONE, True)


def test_two_runs_of_one_date_do_not_both_work(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("job-1", claim("a-0", date="a", task="one")) == (EXIT_DONE, True)
    assert run("job-2", claim("b-0", date="a", task="other")) == (EXIT_BAD_INPUT, False)
    assert "another run works on the same date" in capsys.readouterr().out
    assert run("job-3", claim("a-1", date="a", task="one")) == (EXIT_DONE, True)


@pytest.mark.parametrize(("job_id", "text"), [("job-1", ""), ("", claim())])
def test_a_job_that_a_person_starts_by_hand_claims_nothing(
    run: Run, bucket: Bucket, job_id: str, text: str
) -> None:
    assert run(job_id, text) == (EXIT_DONE, True)
    assert list(bucket.keys("claims/")) == []


def test_a_malformed_claim_is_bad_input(run: Run) -> None:
    assert run("job-1", "{") == (EXIT_BAD_INPUT, False)


@pytest.mark.parametrize(
    ("code", "status", "ends"),
    [("SlowDown", 503, EXIT_UNAVAILABLE), ("AccessDenied", 403, EXIT_BAD_INPUT)],
)
def test_a_job_that_cannot_claim_does_not_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, code: str, status: int, ends: int
) -> None:
    def write(*_: object) -> bool:
        raise ClientError(
            {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
            "PutObject",
        )

    monkeypatch.setattr(BucketClaims, "write", write)
    assert run("job-1", claim()) == (ends, False)


@pytest.fixture
def whole_puts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto check a put's condition and store the object in one step, as S3 does."""
    put_object, lock = S3Response.put_object, threading.Lock()

    def put_whole(self: S3Response) -> Any:
        with lock:
            return put_object(self)

    monkeypatch.setattr(S3Response, "put_object", put_whole)


@pytest.mark.usefixtures("whole_puts")
def test_of_many_jobs_that_start_together_one_holds_the_claim(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="claims/b", Body=b"ended")

    def start(number: int) -> list[str]:
        own = BucketClaims(Bucket(bucket.name, boto3.client("s3")))
        return [hold(own, "claims/a", f"{number}"), hold(own, "claims/b", f"{number}", "ended")]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(start, range(24)))
    for number, key in enumerate(("claims/a", "claims/b")):
        holder = bucket.read_bytes(key).decode()
        others = {result[number] for index, result in enumerate(results) if str(index) != holder}
        assert results[int(holder)][number] == ""
        assert others == {holder}


def test_a_claim_that_was_deleted_is_taken_anew(bucket: Bucket) -> None:
    store = BucketClaims(bucket)
    store.write("claims/a", "one", None)
    held = store.read("claims/a")
    bucket.client.delete_object(Bucket=bucket.name, Key="claims/a")
    assert store.read("claims/a") is None
    assert not store.write("claims/a", "two", held)
    assert store.write("claims/a", "two", None)
