"""Tests of the environment of processes that the embedded AWS starts."""

from __future__ import annotations

import urllib.request

import pytest

from infra.local.aws.runtime.environment import aws_environment, basic_environment


def test_jobs_and_functions_get_the_variables_that_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MARK", "/stacks/up")
    monkeypatch.setenv("OTHER", "stays")
    assert basic_environment(("MARK", "NOT_SET"))["MARK"] == "/stacks/up"
    assert not {"NOT_SET", "OTHER"} & basic_environment(("MARK", "NOT_SET")).keys()
    assert "MARK" not in basic_environment()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "aws"])
def test_no_proxy_stands_between_a_process_and_the_embedded_aws(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("no_proxy", "example.org")  # of an image, say
    for name, value in aws_environment(f"http://{host}:5555", "us-east-1").items():
        monkeypatch.setenv(name, value)
    assert urllib.request.proxy_bypass(host)
    assert not urllib.request.proxy_bypass("eutils.ncbi.nlm.nih.gov")
