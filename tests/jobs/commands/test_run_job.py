"""Tests of a job's end: exit codes, the last line, and faults of AWS and databases."""

from __future__ import annotations

import io
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from sqlalchemy.exc import IntegrityError, OperationalError

from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_FAULT,
    EXIT_UNAVAILABLE,
    EXIT_UNDELIVERED,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import EXIT_OUT_OF_MEMORY, run_job
from emmaa_jobs.commands.logs import FORMAT_VARIABLE
from emmaa_jobs.db.engine import make_engine
from emmaa_jobs.errors import DeliveryError, MissingObjectError, SourceUnavailableError
from tests.jobs.embedded_postgres import PostgresServer


def ending(outcome: str | Exception) -> Callable[[Sequence[str] | None], str]:
    def work(_argv: Sequence[str] | None) -> str:
        logging.getLogger("emmaa_jobs.made_up").info("working\non it")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return work


def answered(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "PutObject")


def lost(invalidated: bool, said: str) -> OperationalError:
    return OperationalError("SELECT", {}, Exception(said), connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("outcome", "code", "last_line"),
    [
        ("3 mails", EXIT_DONE, "INFO emmaa_jobs: done in "),
        (InputError("no config"), EXIT_BAD_INPUT, "ERROR emmaa_jobs: bad input: no config"),
        (MissingObjectError("k"), EXIT_BAD_INPUT, "ERROR emmaa_jobs: bad input: k"),
        (SourceUnavailableError("down"), EXIT_UNAVAILABLE, "ERROR emmaa_jobs: unavailable: down"),
        (DeliveryError("1 no"), EXIT_UNDELIVERED, "ERROR emmaa_jobs: undelivered: 1 no"),
        (EndpointConnectionError(endpoint_url="x"), EXIT_UNAVAILABLE, "AWS cannot be used: Could"),
        (NoCredentialsError(), EXIT_UNAVAILABLE, "AWS cannot be used: Unable to locate"),
        (answered("SlowDown", 503), EXIT_UNAVAILABLE, "AWS answered PutObject with SlowDown"),
        (answered("InternalError", 500), EXIT_UNAVAILABLE, "AWS answered PutObject"),
        (answered("ExpiredToken", 400), EXIT_UNAVAILABLE, "AWS answered PutObject with ExpiredTok"),
        (answered("ExpiredTokenException", 403), EXIT_UNAVAILABLE, "with ExpiredTokenException"),
        (answered("AccessDenied", 403), EXIT_BAD_INPUT, "check the permissions of the job's role"),
        (answered("NoSuchBucket", 404), EXIT_BAD_INPUT, "set EMMAA_BUCKET"),
        (answered("PermanentRedirect", 301), EXIT_BAD_INPUT, "set AWS_DEFAULT_REGION"),
        (answered("AuthorizationHeaderMalformed", 400), EXIT_BAD_INPUT, "set AWS_DEFAULT_REGION"),
        (NoRegionError(), EXIT_BAD_INPUT, "bad input: AWS cannot be used: You must specify a reg"),
        (ProfileNotFound(profile="me"), EXIT_BAD_INPUT, "The config profile (me) could not be fou"),
        (ConfigParseError(path="/c"), EXIT_BAD_INPUT, "Unable to parse config file: /c"),
        (TokenRetrievalError(provider="sso", error_msg="old"), EXIT_UNAVAILABLE, "from sso: old"),
        (UnauthorizedSSOTokenError(), EXIT_UNAVAILABLE, "AWS cannot be used: The SSO session"),
        (
            IncompleteReadError(actual_bytes=3, expected_bytes=9),
            EXIT_UNAVAILABLE,
            "AWS cannot be used: 3 read, but total bytes expected is 9",
        ),
        (lost(True, "server closed\nthe connection"), EXIT_UNAVAILABLE, "server closed the conn"),
    ],
)  # fmt: skip
def test_exit_codes_and_last_lines(
    outcome: str | Exception, code: int, last_line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job(ending(outcome), []) == code
    assert last_line in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    "fault",
    [
        ZeroDivisionError("of a bug"),
        answered("NoSuchUpload", 404),
        lost(False, "no such table"),
        IntegrityError("INSERT", {}, Exception("unique")),
    ],
)
def test_a_fault_of_the_job_has_its_traceback_in_the_log(
    fault: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job(ending(fault), []) == EXIT_FAULT
    said = capsys.readouterr().out
    assert f"CRITICAL emmaa_jobs: a fault in the job: {type(fault).__name__}" in said
    assert "Traceback (most recent call last)" in said


def test_s3_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    once = Config(retries={"total_max_attempts": 1})
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        bucket = Bucket("emmaa", boto3.client("s3", endpoint_url=url, config=once))
        assert run_job(lambda _argv: str(bucket.read_json("k")), []) == EXIT_UNAVAILABLE
    assert "unavailable: AWS cannot be used" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_DEFAULT_REGION", "bad region"),
        ("AWS_DEFAULT_REGION", "us-east-1\n"),
        ("AWS_ENDPOINT_URL", "x"),
        ("AWS_ENDPOINT_URL", "http://["),
        ("AWS_ENDPOINT_URL", "ftp://x"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:99999"),
        ("AWS_MAX_ATTEMPTS", "x"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_RETRY_MODE", "never"),
        ("AWS_DEFAULTS_MODE", "x"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "x"),
        ("AWS_PROFILE", "nobody"),
    ],
)
def test_variables_of_aws_that_cannot_be_used(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    def work(_argv: Sequence[str] | None) -> str:
        return str(Bucket("emmaa").read_json("k"))

    assert run_job(work, []) == EXIT_BAD_INPUT
    said = capsys.readouterr().out.splitlines()[-1]
    assert "bad input: AWS cannot be used: " in said
    assert "AWS_…" in said


def test_a_bucket_that_is_not_there(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    mistyped = bucket.other("emma")

    assert run_job(lambda _argv: str(list(mistyped.keys("models/"))), []) == EXIT_BAD_INPUT
    assert "bad input: AWS answered ListObjectsV2 with NoSuchBucket" in capsys.readouterr().out


OUT_OF_MEMORY = """
import sys
from emmaa_jobs.commands.cli import run_job

def work(argv):
    try:
        return bytes(1 << 60)  # more than any machine has
    finally:
        sys.stdout.write("no line end")

sys.exit(run_job(work, []))
"""


def test_python_that_gets_no_memory_ends_as_the_system_s_kill_does() -> None:
    ended = subprocess.run([sys.executable, "-c", OUT_OF_MEMORY], stdout=subprocess.PIPE, text=True)

    assert ended.returncode == EXIT_OUT_OF_MEMORY == 137
    assert ended.stdout.endswith("CRITICAL emmaa_jobs: out of memory\n")


def test_a_missing_table_is_no_outage(postgres: PostgresServer) -> None:
    engine = make_engine(postgres.new_database())

    def work(_argv: Sequence[str] | None) -> str:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT nothing FROM nowhere")
        return ""

    assert run_job(work, []) == EXIT_FAULT
    engine.dispose()


@pytest.fixture
def json_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[dict[str, Any]]]:
    monkeypatch.setenv(FORMAT_VARIABLE, "json")
    monkeypatch.setenv("EMMAA_RUN_ID", "a run")
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "a job")
    monkeypatch.setattr("sys.argv", ["scripts/made_up.py", "--model", "rasmodel"])
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_lines(json_lines: Callable[[], list[dict[str, Any]]]) -> None:
    assert run_job(ending("3 “mails”"), []) == EXIT_DONE
    first, last = json_lines()
    assert first["message"] == "working\non it"
    assert first["logger"] == "emmaa_jobs.made_up"
    assert (first["job"], first["run_id"], first["batch_job_id"]) == ("made_up", "a run", "a job")
    assert "dag_id" not in first
    assert first["time"].endswith("+00:00")
    assert last["message"].endswith("3 “mails”")
    assert (last["level"], last["exit_code"]) == ("INFO", EXIT_DONE)
    assert last["seconds"] >= 0


def test_json_lines_hold_tracebacks(json_lines: Callable[[], list[dict[str, Any]]]) -> None:
    assert run_job(ending(ZeroDivisionError("of a bug")), []) == EXIT_FAULT
    last = json_lines()[-1]
    assert (last["level"], last["exit_code"]) == ("CRITICAL", EXIT_FAULT)
    assert last["traceback"].endswith("ZeroDivisionError: of a bug")


def test_unknown_format_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, "xml")
    assert run_job(ending("never"), []) == EXIT_BAD_INPUT
    assert "EMMAA_LOG_FORMAT is 'xml'" in capsys.readouterr().err


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_character_costs_a_log_line(monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, log_format)
    output = io.BytesIO()
    stream = io.TextIOWrapper(output, encoding="ascii", write_through=True)

    code = run_job(ending(InputError("half \ud800, α, NUL \0, \x1b[0m")), stream=stream)

    assert code == EXIT_BAD_INPUT
    last = output.getvalue().decode("ascii").splitlines()[-1]
    message = json.loads(last)["message"] if log_format == "json" else last
    half = "\ud800" if log_format == "json" else r"\ud800"
    assert f"half {half}, " in message
    assert "[0m" in message
    assert "\x1b" not in last
    assert "\0" not in last
