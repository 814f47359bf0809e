"""A page of the web cannot use the embedded AWS of the developer who looks at it."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from infra.local.aws import bucket_page, mails
from tests.integration.aws_driver import Server

BUCKET = "not-for-others"
EVIL = "https://evil.example.org"
PAGE = f"{bucket_page.PATH}{BUCKET}"


def ask(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def keys(server: Server) -> list[str]:
    """Return the keys in the bucket, which must never change."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="kept", Body=b"x")
    return ["kept"]


def held(server: Server) -> list[str]:
    page = server.client("s3").list_objects_v2(Bucket=BUCKET)
    return [item["Key"] for item in page.get("Contents", [])]


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/", "/moto-api/data.json"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_motos_own_pages_are_not_there(
    server: Server, keys: list[str], method: str, path: str
) -> None:
    assert ask(server, method, path, {})[0] == 404
    assert held(server) == keys


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/moto-api/reset"),
        ("POST", f"/{BUCKET}"),
        ("PUT", f"/{BUCKET}/uploaded"),
        ("DELETE", f"/{BUCKET}/kept"),
        ("GET", f"/{BUCKET}/kept"),
        ("OPTIONS", f"/{BUCKET}/kept"),
        ("GET", PAGE),
        ("GET", mails.PATH),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.org"},
        {"Host": "127.0.0.1.evil.example.org:5555"},
        {"Host": "localhost.evil.example.org"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Host": "127.0.0.1", "Origin": EVIL},
        {"Host": "127.0.0.1", "Origin": "null"},
        {"Host": "127.0.0.1", "Origin": ""},
        {"Host": "127.0.0.1", "Origin": "http://127.0.0.1:8080"},
        {"Host": "127.0.0.1", "Origin": "http://[::1"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_foreign_pages_get_no_answer(
    server: Server, keys: list[str], method: str, path: str, headers: dict[str, str]
) -> None:
    status, text = ask(server, method, path, headers, b"content")
    assert status == 403
    assert "kept" not in text
    assert held(server) == keys


def test_a_foreign_link_opens_pages_and_nothing_else(server: Server, keys: list[str]) -> None:
    followed = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(server, "GET", PAGE, followed)[0] == 200
    assert ask(server, "GET", f"/{BUCKET}/kept", followed)[0] == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "localhost:8080", "[::1]:9", "LOCALHOST", "aws:5555", "a.internal"]
)
def test_this_machine_and_its_containers_are_answered(
    server: Server, keys: list[str], host: str
) -> None:
    status, page = ask(server, "GET", PAGE, {"Host": host, "Origin": f"http://{host}"})
    assert status == 200
    assert "kept" in page
