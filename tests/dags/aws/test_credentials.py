"""Triggerers outlive the credentials that they started with."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.triggers import poller
from emmaa_cycle.settings import load_settings

CONNECTION = "AIRFLOW_CONN_AWS_DEFAULT"
ROLE = "arn:aws:iam::123456789012:role/airflow"
#: What services answer to credentials that they do not take.
REFUSALS = ("ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException")


class Account(ThreadingHTTPServer):
    """An account that takes certain access keys, and lends its role to one of them.

    :ivar valid: the access keys that Batch takes
    :ivar refusal: what it answers to others
    :ivar calls: how often each access key was used, by whether it was taken
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.valid = {"AKIAOLD"}
        self.refusal = REFUSALS[0]
        self.calls: Counter[tuple[str, bool]] = Counter()
        self.lent = 0
        self.status = "RUNNING"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def lend(self) -> str:
        """Lend the role by a new session's key."""
        self.lent += 1
        self.valid.add(f"ASIA{self.lent}")
        ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<AssumeRoleResult><Credentials><AccessKeyId>ASIA{self.lent}</AccessKeyId>"
            "<SecretAccessKey>test</SecretAccessKey><SessionToken>test</SessionToken>"
            f"<Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )


class Calls(BaseHTTPRequestHandler):
    """Answers DescribeJobs and AssumeRole."""

    server: Account

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
        assert found
        taken = found[1] in self.server.valid
        self.server.calls[found[1], taken] += 1
        if not taken:
            self._answer(403, json.dumps({"message": "refused"}), self.server.refusal)
        elif "AssumeRole" in body:
            self._answer(200, self.server.lend())
        else:
            jobs = [
                {"jobId": job_id, "jobName": job_id, "status": self.server.status}
                for job_id in json.loads(body)["jobs"]
            ]
            self._answer(200, json.dumps({"jobs": jobs}))

    def _answer(self, status: int, body: str, error: str = "") -> None:
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    server = Account()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("EMMAA_BATCH__POLL_SECONDS", "0.01")
    load_settings.cache_clear()
    yield server
    load_settings.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, account: Account) -> Any:
    def connect(key: str, **extra: str) -> None:
        document = {
            "conn_type": "aws",
            "login": key,
            "password": "test",
            "extra": {"region_name": "us-east-1", **extra},
        }
        monkeypatch.setenv(CONNECTION, json.dumps(document))

    connect("AKIAOLD")
    return connect


def describe(client: Any) -> str:
    return str(client.describe_jobs(jobs=["one"])["jobs"][0]["status"])


@pytest.mark.parametrize("refusal", REFUSALS)
def test_rotated_keys_are_read_again(account: Account, connect: Any, refusal: str) -> None:
    client = aws_client("batch", "us-east-1")
    assert describe(client) == "RUNNING"
    account.valid, account.refusal = {"AKIANEW"}, refusal
    for _ in range(2):  # the connection still has the old key
        with pytest.raises(ClientError, match=refusal):
            describe(client)
    connect("AKIANEW")
    assert describe(client) == "RUNNING"


def test_a_role_is_assumed_with_the_new_keys(account: Account, connect: Any) -> None:
    connect("AKIAOLD", role_arn=ROLE)
    client = aws_client("batch", "us-east-1")
    assert describe(client) == describe(client) == "RUNNING"
    assert account.lent == 1
    account.valid = {"AKIANEW"}
    with pytest.raises(ClientError, match="ExpiredToken"):
        describe(client)
    connect("AKIANEW", role_arn=ROLE)
    assert describe(client) == "RUNNING"
    assert account.calls["ASIA2", True] == 1


def test_credentials_that_were_missing_are_looked_for_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION, json.dumps({"conn_type": "aws"}))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    client = aws_client("batch", "us-east-1")
    with pytest.raises(NoCredentialsError):
        describe(client)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOLD")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert describe(client) == "RUNNING"


def test_other_failures_keep_the_client(account: Account, connect: Any) -> None:
    client = aws_client("batch", "us-east-1")
    account.valid, account.refusal = {"AKIANEW"}, "ServerException"
    connect("AKIANEW")
    for _ in range(2):
        with pytest.raises(ClientError, match="ServerException"):
            describe(client)
    assert account.calls == {("AKIAOLD", False): 2}


def test_two_triggerers_outlive_a_rotation(account: Account, connect: Any) -> None:
    seen = [threading.Event() for _ in range(2)]
    refused = [threading.Event() for _ in range(2)]

    async def follow(number: int) -> str:
        status = ""
        async for update in poller.shared_poller("aws_default", "us-east-1").follow("one"):
            if update.job:
                status = update.job["status"]
                seen[number].set()
            elif update.problem:
                refused[number].set()
        return status

    with ThreadPoolExecutor(2) as triggerers:
        following = [triggerers.submit(asyncio.run, follow(number)) for number in range(2)]
        assert all(event.wait(60) for event in seen)
        account.valid = {"AKIANEW"}
        assert all(event.wait(60) for event in refused)
        connect("AKIANEW")
        account.status = "SUCCEEDED"
        assert [done.result(60) for done in following] == ["SUCCEEDED"] * 2
