"""Distances between requests, and how long and how often a service is tried again."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.services.http_limits import Clock, Patience, retry_after
from emmaa_jobs.services.web_service import WebService
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply, Request
from tests.jobs.services.service_client import BUSY, DOWN, client, local, time

__all__ = ["local", "time"]


def test_requests_keep_their_distance(local: LocalService, time: FakeTime) -> None:
    service = client(local, time, interval=0.35)

    service.get("a")
    time.now += 0.1
    service.get("b")
    time.now += 9
    service.get("c")

    assert time.slept == [pytest.approx(0.25)]


def test_repeated_tries_keep_their_distance_too(local: LocalService, time: FakeTime) -> None:
    local.faults = [BUSY]

    client(local, time, interval=5, patience=Patience(pause=1)).get("a")

    assert time.slept == [1, pytest.approx(4)]


def test_passing_faults_are_waited_out(local: LocalService, time: FakeTime) -> None:
    local.faults = [DOWN, BUSY, Reply(b"half of it", cut=4)]

    assert client(local, time).get("a").json() == {"fine": True}
    assert time.slept == [1, 2, 4]


def test_service_says_how_long_to_wait(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"", status=429, headers={"Retry-After": "7"})]

    client(local, time).get("a")

    assert time.slept == [7]


def test_service_that_asks_for_too_much_is_down(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"", status=503, headers={"Retry-After": "3600"})]

    with pytest.raises(SourceUnavailableError, match=r"HTTP 503 .*it asks to wait 3600 s"):
        client(local, time).get("a")
    assert time.slept == []


def test_tries_are_bounded(local: LocalService, time: FakeTime) -> None:
    local.faults = [DOWN] * 9

    with pytest.raises(SourceUnavailableError) as caught:
        client(local, time).get("a", {"term": "BRAF"})

    assert str(caught.value) == (
        f"Tests, GET {local.url}/a?term=BRAF: HTTP 503 Service Unavailable:"
        " 'upstream connect error', after 4 tries"
    )
    assert len(local.asked) == 4


def test_refusal_is_not_repeated(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"no such page", status=404)]

    with pytest.raises(SourceUnavailableError, match="HTTP 404 Not Found: 'no such page'"):
        client(local, time).get("a")
    assert len(local.asked) == 1


def test_silence_is_no_answer(local: LocalService, time: FakeTime) -> None:
    def hang(request: Request) -> Reply:
        local.over.wait(30)
        return HTML

    local.answering = hang

    with pytest.raises(SourceUnavailableError, match=r"no answer within 0\.05 s, after 2 tries"):
        client(local, time, patience=Patience(tries=2, silence=0.05)).get("a")


def test_slow_answer_is_waited_for(local: LocalService, time: FakeTime) -> None:
    def slow(request: Request) -> Reply:
        local.over.wait(0.05)
        return Reply.json({"fine": "at last"})

    local.answering = slow

    assert client(local, time).get("a").json() == {"fine": "at last"}
    assert len(local.asked) == 1


def test_answer_that_never_ends_is_given_up(local: LocalService) -> None:
    local.faults = [Reply(b"", endless=True)]
    seconds = itertools.count(step=100)
    service = WebService(
        "Tests",
        local.url,
        clock=Clock(lambda: next(seconds), lambda pause: None),
        patience=Patience(tries=1, whole=600),
    )

    with pytest.raises(SourceUnavailableError, match="took longer than 600 s, after 1 tries"):
        service.get("a")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[(None, None), ("5", 5), (" 5 ", 5), ("soon", None), ("-5", None)],
        ("Mon, 9 Jan 9999 00:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)

    assert retry_after(format_datetime(later, usegmt=True)) == pytest.approx(3600, abs=60)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
