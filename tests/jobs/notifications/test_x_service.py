"""X: how it is asked, and what its answers mean."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from emmaa_jobs.notifications.tweets import Tweet
from emmaa_jobs.notifications.x_credentials import Credentials
from emmaa_jobs.notifications.x_service import XTweetService
from tests.jobs.local_service import HTML, LocalService, Reply
from tests.jobs.notifications.fake_x import DUPLICATE, TOKENS, FakeX, problem, too_many

NOW = 1_772_452_800
READ_ONLY = "Your client app is not configured with the appropriate oauth1 app permissions"
NO_PLAN = "You currently have access to a subset of X API V2 endpoints"
TWEET = Tweet("Today I learned 1 new mechanism “→”.")


@pytest.fixture
def x() -> FakeX:
    return FakeX()


@pytest.fixture
def local(x: FakeX) -> Iterator[LocalService]:
    with LocalService(x).running() as service:
        yield service


@pytest.fixture
def service(local: LocalService) -> XTweetService:
    return XTweetService(Credentials(**TOKENS), local.url, lambda: NOW)


def test_tweet_is_signed_and_its_id_returned(service: XTweetService, x: FakeX) -> None:
    assert service.send(TWEET) == "1"
    assert service.send(Tweet("another")) == "2"
    assert x.tweets == [TWEET.text, "another"]


def test_wrong_keys_are_a_fault_of_the_sender(local: LocalService, x: FakeX) -> None:
    wrong = Credentials(**{**TOKENS, "access_secret": "other"})
    with pytest.raises(SenderRefusedError, match=r"X answered 401 Unauthorized .* keys in the pa"):
        XTweetService(wrong, local.url).send(TWEET)
    assert x.tweets == []


def test_repetition_is_refused(service: XTweetService) -> None:
    service.send(TWEET)
    with pytest.raises(RefusedError, match=r"403 Forbidden .* duplicate content"):
        service.send(TWEET)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (problem(400, "Bad Request", "too long"), RefusedError),
        (DUPLICATE, RefusedError),
        (problem(403, "Forbidden", READ_ONLY), SenderRefusedError),
        (problem(403, "Forbidden", NO_PLAN), SenderRefusedError),
        (problem(402, "Payment Required", "no credits"), SenderRefusedError),
        (problem(404, "Not Found", "moved"), SenderRefusedError),
        (Reply(b"<html>", status=403), SourceUnavailableError),
        (problem(503, "Service Unavailable", "over capacity"), DoubtfulError),
        (Reply(b"bad gateway", status=502), DoubtfulError),
        (HTML, DoubtfulError),
        (Reply.json({"data": None}), DoubtfulError),
        (Reply.json([], status=500), DoubtfulError),
        (too_many(x_rate_limit_reset="soon"), ThrottledError),
        (Reply.json("Forbidden", status=403), SourceUnavailableError),
        (Reply.json({"errors": None}, status=401), SenderRefusedError),
        (Reply.json([], status=401), SenderRefusedError),
        (Reply.json({"data": {"id": "1"}}, cut=5), DoubtfulError),
    ],
)
def test_what_an_answer_means(
    answer: Reply, meaning: type[Exception], service: XTweetService, local: LocalService
) -> None:
    local.faults.append(answer)
    with pytest.raises(meaning, match=r"^X "):
        service.send(TWEET)
    assert len(local.asked) == 1, "a request that may have tweeted is not repeated"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"x_rate_limit_reset": str(NOW + 30)}, 31),
        ({"x_rate_limit_reset": str(NOW - 30), "x_rate_limit_remaining": "0"}, 1),
        ({"x_user_limit_24hour_reset": "tomorrow"}, None),
        (
            {
                "x_rate_limit_remaining": "9",
                "x_rate_limit_reset": str(NOW + 30),
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": str(NOW + 3600),
            },
            3601,
        ),
    ],
)
def test_limits_say_when_they_end(
    headers: dict[str, str], wait: float | None, service: XTweetService, local: LocalService
) -> None:
    local.faults.append(too_many(**headers))
    with pytest.raises(ThrottledError, match="429") as throttled:
        service.send(TWEET)
    assert throttled.value.wait == wait


def test_silence_leaves_doubt(local: LocalService, x: FakeX) -> None:
    local.faults.append(Reply(b"", silent=True))
    impatient = XTweetService(Credentials(**TOKENS), local.url, read_seconds=0.1)
    with pytest.raises(DoubtfulError, match="X did not answer: ReadTimeout"):
        impatient.send(TWEET)
    assert len(local.asked) == 1


def test_nobody_there_means_nothing_was_asked() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(SourceUnavailableError, match="X cannot be reached"):
            XTweetService(Credentials(**TOKENS), url).send(TWEET)


def test_keys_are_never_shown() -> None:
    assert "secret" not in repr(Credentials(**TOKENS))
