"""The embedded AWS is reached whatever AWS and whatever proxy its user has set up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.aws.mails import sent_mails
from infra.local.provisioning.account import Account
from tests.integration.aws_driver import REGION, REPOSITORY, Batch, Server

#: Nothing listens on the discard port.
PROXIES = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")


@pytest.fixture
def users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile nope\n")
    own = {"AWS_PROFILE": "nope", "AWS_CONFIG_FILE": str(config), "AWS_CA_BUNDLE": "/nowhere"}
    for name, value in {**PROXIES, **own}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("users_own")
def test_a_users_profile_config_and_proxy_are_not_heeded(server: Server) -> None:
    with Account(server.url, REGION) as account:
        assert account.client("s3").list_buckets()["Buckets"]
    assert sent_mails(server.url) is not None


def test_a_job_that_has_a_proxy_reaches_the_server_without_it(batch: Batch) -> None:
    code = "import boto3; print(len(boto3.client('s3').list_buckets()['Buckets']) > 0)"
    overrides = {"environment": [{"name": n, "value": v} for n, v in PROXIES.items()]}
    job = batch.wait(batch.python(code, overrides=overrides))
    assert batch.output(job) == ["True"]


def test_the_tests_themselves_take_such_variables_away() -> None:
    """Else they would fail on such a machine, each in its own way."""
    code = (
        "import os; from tests import network_guard;"
        f"print(sorted({{*{sorted(PROXIES)!r}, 'AWS_PROFILE'}} & set(os.environ)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, **PROXIES, "AWS_PROFILE": "nope"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
