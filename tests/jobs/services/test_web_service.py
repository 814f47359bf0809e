"""Tests of requests to services: rate, retries, and a report of every lasting fault."""

from __future__ import annotations

import gzip
import socket
from base64 import b64decode
from urllib.parse import quote_plus

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.services.web_service import NonsenseAnswerError, WebService
from tests.jobs.local_service import IMPATIENT, FakeTime, LocalService, Reply, Request
from tests.jobs.services.service_client import KEY, client, local, time

__all__ = ["local", "time"]


def test_parameters_key_and_document_are_sent(local: LocalService, time: FakeTime) -> None:
    service = client(local, time, key=KEY)

    answer = service.post("a/b", {"term": 'BRAF & "MEK"[tw]'}, {"ids": [1]})

    assert answer.json() == {"fine": True}
    sent = {"term": 'BRAF & "MEK"[tw]', "api_key": KEY}
    assert local.asked == [Request("POST", "/a/b", sent, {"ids": [1]})]


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


def test_answer_that_cannot_be_unpacked_is_a_fault(local: LocalService, time: FakeTime) -> None:
    local.faults = [Reply(b"no gzip", headers={"Content-Encoding": "gzip"})] * 2

    with pytest.raises(SourceUnavailableError, match=r"the request failed \(DecodeError\)"):
        client(local, time, patience=IMPATIENT).get("a")


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
