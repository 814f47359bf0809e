"""Waiting out what passes."""

from __future__ import annotations

import random

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from emmaa_airflow.batch.retries import (
    PATIENCE_SECONDS,
    is_unclear,
    may_pass,
    patiently,
    was_not_done,
)

URL = "https://batch.us-east-1.amazonaws.com"


def answer(code: str, status: int) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "ListJobs")


@pytest.mark.parametrize(
    ("error", "not_done", "unclear"),
    [
        (answer("TooManyRequestsException", 429), True, False),
        (answer("ThrottlingException", 400), True, False),
        (answer("Unheard", 429), True, False),
        (ConnectTimeoutError(endpoint_url=URL), True, False),
        (EndpointConnectionError(endpoint_url=URL), True, False),
        (answer("ServerException", 500), False, True),
        (answer("Unavailable", 503), False, True),
        (ReadTimeoutError(endpoint_url=URL), False, True),
        (ConnectionClosedError(endpoint_url=URL), False, True),
        (answer("ClientException", 400), False, False),
        (answer("AccessDeniedException", 403), False, False),
        (NoCredentialsError(), False, False),
    ],
)
def test_errors_are_told_apart(error: Exception, not_done: bool, unclear: bool) -> None:
    assert was_not_done(error) is not_done
    assert is_unclear(error) is unclear
    assert may_pass(error) is (not_done or unclear)


class Flaky:
    """Fails some times, then answers."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error = error
        self.times = times

    def __call__(self) -> str:
        if self.times:
            self.times -= 1
            raise self.error
        return "answer"


def test_a_storm_of_minutes_is_waited_out(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    assert patiently(Flaky(answer("TooManyRequestsException", 429), 20)) == "answer"
    assert pauses[:7] == [0.5, 1, 2, 4, 8, 16, 30]
    assert sum(pauses) > 300


def test_callers_do_not_come_back_together(pauses: list[float]) -> None:
    for _ in range(2):
        patiently(Flaky(answer("TooManyRequestsException", 429), 5))
    assert pauses[:5] != pauses[5:]


def test_patience_has_an_end(pauses: list[float]) -> None:
    with pytest.raises(ClientError, match="TooManyRequests"):
        patiently(Flaky(answer("TooManyRequestsException", 429), 10**6))
    assert PATIENCE_SECONDS - 30 <= sum(pauses) <= PATIENCE_SECONDS


def test_what_does_not_pass_is_raised_at_once(pauses: list[float]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        patiently(Flaky(answer("AccessDeniedException", 403), 1))
    with pytest.raises(ReadTimeoutError):
        patiently(Flaky(ReadTimeoutError(endpoint_url=URL), 1), was_not_done)
    assert pauses == []
