"""Tests of requests to services: rate, retries, and a report of every lasting fault."""

from __future__ import annotations

import gzip
import itertools
import socket
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote_plus

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.services.http_limits import Clock, Patience, retry_after
from emmaa_jobs.services.web_service import NonsenseAnswerError, WebService
from tests.jobs.local_service import HTML, IMPATIENT, FakeTime, LocalService, Reply, Request

KEY = "secret key/1"
BUSY = Reply.json({"error": "API rate limit exceeded"}, status=429)
DOWN = Reply(b"upstream connect error", status=503)


@pytest.fixture
def local() -> Iterator[LocalService]:
    with LocalService(lambda request: Reply.json({"fine": True})).running() as service:
        yield service


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def client(local: LocalService, time: FakeTime, **more: object) -> WebService:
    return WebService("Tests", local.url, clock=time.clock, **more)  # type: ignore[arg-type]


def test_parameters_key_and_document_are_sent(local: LocalService, time: FakeTime) -> None:
    service = client(local, time, key=KEY)

    answer = service.post("a/b", {"term": 'BRAF & "MEK"[tw]'}, {"ids": [1]})

    assert answer.json() == {"fine": True}
    sent = {"term": 'BRAF & "MEK"[tw]', "api_key": KEY}
    assert local.asked == [Request("POST", "/a/b", sent, {"ids": [1]})]


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


@pytest.mark.parametrize(
    "reply",
    [
        Reply.json({"error": "API key invalid", "api-key": KEY, "type": "api-key"}, status=400),
        Reply.json({"result": "failure", "reason": f"Invalid credentials: {KEY}"}, status=401),
        Reply.json({"reason": "Insufficient permissions of the API key"}, status=403),
    ],
)
def test_refused_key_is_bad_input_and_never_shown(
    local: LocalService, time: FakeTime, reply: Reply
) -> None:
    local.faults = [reply]

    with pytest.raises(InputError, match="refuses the API key of TESTS_API_KEY") as caught:
        client(local, time, key=KEY, key_variable="TESTS_API_KEY").get("a")
    assert KEY not in str(caught.value)


def test_key_is_in_no_message(
    local: LocalService, time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    local.faults = [Reply(f"bad {KEY} and secret+key%2F1 and secret%20key/1".encode(), status=500)]
    local.faults *= 4

    with pytest.raises(SourceUnavailableError) as caught:
        client(local, time, key=KEY).get("a")

    assert "bad [api-key] and [api-key] and [api-key]" in str(caught.value)
    assert "secret" not in str(caught.value) + caplog.text


def test_key_is_in_no_excerpt_that_ends_within_it(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"x" * 195 + KEY.encode(), status=404)]

    with pytest.raises(SourceUnavailableError, match=r"x\[api-…") as caught:
        client(local, time, key=KEY).get("a")
    assert "secr" not in str(caught.value)


def test_nobody_listens(time: FakeTime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    service = WebService("Tests", url, key=KEY, clock=time.clock)

    with pytest.raises(SourceUnavailableError) as caught:
        service.get("a")

    assert str(caught.value) == (
        f"Tests, GET {url}/a: it cannot be reached (NewConnectionError), after 4 tries"
    )
    assert caught.value.__cause__ is None  # its text would show the key
    assert caught.value.__suppress_context__


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


def test_answer_that_cannot_be_unpacked_is_a_fault(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"no gzip", headers={"Content-Encoding": "gzip"})] * 2

    with pytest.raises(SourceUnavailableError, match=r"the request failed \(DecodeError\)"):
        client(local, time, patience=IMPATIENT).get("a")


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


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/x", "http://", "http://[::bad"])
def test_bad_address_is_bad_input(url: str, time: FakeTime) -> None:
    service = WebService("Tests", url, "TESTS_URL", clock=time.clock, patience=IMPATIENT)

    with pytest.raises(InputError, match=r"TESTS_URL is '.*', which is not the address"):
        service.get("a")


@pytest.mark.parametrize(
    "location",
    ["/\xff", "ftp://example.org/", "http://[::1", "http://x:99999/", "mailto:x",
     f"http://{'a' * 70}.example/", "/again"],
)  # fmt: skip
def test_a_service_that_refers_to_no_address_is_down(
    local: LocalService, time: FakeTime, location: str
) -> None:
    local.answering = lambda _: Reply(b"", status=302, headers={"Location": location})
    with pytest.raises(SourceUnavailableError, match=r"^Tests, GET http://127.0.0.1:\d+/a: "):
        client(local, time, patience=IMPATIENT).get("a")


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://[::1", "\u2603", "socks5://127.0.0.1:9"])
def test_a_proxy_that_is_none_is_bad_input(
    time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    service = WebService("Tests", "http://example.invalid", "TESTS_URL", clock=time.clock)
    with pytest.raises(InputError, match="check TESTS_URL, HTTP_PROXY and HTTPS_PROXY"):
        service.get("a")


@pytest.mark.parametrize("secret", ["\u043f\u0430\u0440\u043e\u043b\u044c", "\udcff", "a\r\nb: c"])
def test_any_login_and_key_are_sent_and_hidden(
    local: LocalService, time: FakeTime, secret: str
) -> None:
    service = client(local, time, login=("user", secret), key=secret)
    assert service.get("a").json() == {"fine": True}
    sent = local.asked[0].headers["Authorization"].removeprefix("Basic ")
    content = secret.encode("utf-8", "surrogateescape")
    assert b64decode(sent) == b"user:" + content
    local.faults = [Reply(quote_plus(content).encode(), status=404)]
    with pytest.raises(SourceUnavailableError, match=r"'\[api-key\]'"):
        service.get("a")


def test_a_password_in_an_address_is_shown_nowhere(time: FakeTime) -> None:
    for url in ("http://me:s3cr@et@127.0.0.1:9", "http://me:s3cr@et@[::1"):
        service = WebService("Tests", url, clock=time.clock, patience=IMPATIENT)
        with pytest.raises((InputError, SourceUnavailableError)) as raised:
            service.get("a")
        assert "s3cr" not in str(raised.value)


def test_compressed_answer_is_read(local: LocalService, time: FakeTime) -> None:
    text = ("a long text " * 50_000).encode()
    packed = gzip.compress(text)
    local.faults = [Reply(packed, headers={"Content-Encoding": "gzip"})]

    assert client(local, time).get("a").content == text


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_page_for_people_is_no_answer(local: LocalService, time: FakeTime, kind: str) -> None:
    local.faults = [Reply(b"\xff\xfe<br>")]

    with pytest.raises(SourceUnavailableError, match=rf"{local.url}/a: the answer is not "):
        getattr(client(local, time).get("a"), kind)()


def test_xml_reads_nothing_else(local: LocalService, time: FakeTime) -> None:
    local.faults = [
        Reply(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', "text/xml")
    ]

    with pytest.raises(SourceUnavailableError, match="entity &x; is not expanded"):
        client(local, time).get("a").xml()


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, None), ("5", 5), (" 5 ", 5), ("soon", None), ("-5", None)]
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)

    assert retry_after(format_datetime(later, usegmt=True)) == pytest.approx(3600, abs=60)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_large_answers_are_refused_while_they_are_unpacked(
    local: LocalService, time: FakeTime
) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 50_000
    local.faults = [Reply(bomb, headers={"Content-Encoding": "gzip"})]

    with pytest.raises(SourceUnavailableError, match="the answer has more than 100000 bytes"):
        client(local, time, largest=100_000).get("a")
    assert len(local.asked) == 1


def test_odd_characters_do_not_cost_the_answer(local: LocalService, time: FakeTime) -> None:
    service = client(local, time)
    local.faults = [
        Reply(b'{"a": "x\x00\x1fy", "b": "\xff", "c": ' + b"9" * 5000 + b"}"),
        Reply(b"<a><b>1</b><c>x\x01&#2;&nbsp;</c></a>"),
    ]

    assert service.get("a").json() == {"a": "x\x00\x1fy", "b": "\ufffd", "c": float("inf")}
    root = service.get("a").xml()
    assert (root.findtext("b"), root.findtext("c")) == ("1", "x\ufffd\ufffd\xa0")


def test_deep_json_is_nonsense(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"[" * 200_000)]

    with pytest.raises(NonsenseAnswerError, match="nested deeper than 100 levels"):
        client(local, time).get("a").json()


def test_a_deep_item_of_an_answer_does_not_cost_the_others(
    local: LocalService, time: FakeTime
) -> None:
    local.faults = [Reply(b"[1, " + b"[" * 200 + b"]" * 200 + b"]")]

    assert client(local, time).get("a").json()[0] == 1
