"""A browser's view of a bucket: shows everything and runs nothing."""

from __future__ import annotations

import gzip
import html
import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.aws import bucket_page
from tests.integration.aws_driver import Server

BUCKET = "shown"
EVIL = "<script>alert(1)</script>"


class Browser:
    """Asks the embedded AWS for pages, as a browser does."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def get(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=names)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def text(self, key: str) -> str:
        """Return the page's text of an object."""
        status, page, _ = self.get(f"{bucket_page.PATH}{BUCKET}/{quote(key)}")
        assert status == 200
        return html.unescape(page.split("<pre>")[1].split("</pre>")[0])


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture(scope="module")
def browser(server: Server, s3: Any) -> Browser:
    for name in ("results/m/a_2026-03-01.json", "results/m/a_2026-03-02.json", "stats/x.json"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"{}")
    return Browser(server.url)


def test_a_listing_has_what_it_is_asked_for(browser: Browser) -> None:
    _, page, _ = browser.get(f"{bucket_page.PATH}{BUCKET}?prefix=results/&contains=03-01")
    assert "1 objects under s3://shown/results/" in page
    assert f'href="{bucket_page.PATH}{BUCKET}/results/m/a_2026-03-01.json"' in page
    assert "03-02" not in page
    assert "stats/x.json" in browser.get(f"{bucket_page.PATH}{BUCKET}")[1]


def test_gzipped_json_is_shown_as_indented_text(browser: Browser, s3: Any) -> None:
    document = {"a": [1, {"b": "ä"}], "c": EVIL}
    s3.put_object(Bucket=BUCKET, Key="j.json.gz", Body=gzip.compress(json.dumps(document).encode()))
    assert browser.text("j.json.gz") == json.dumps(document, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a": 1}\n{"b": 2}\n', '{"a": 1}\n{"b": 2}\n'),
        (b"\x80\x04\x95pickle", "not text: 9 bytes, which begin with 80 04 95"),
        (b"\x1f\x8bno gzip at all", "not text: "),
        (b"[" * 100_000, "[["),
        (gzip.compress(b"0" * 50_000_000), "0000"),
    ],
)
def test_whatever_an_object_holds_there_is_a_page(
    browser: Browser, s3: Any, body: bytes, shown: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key="odd", Body=body)
    text = browser.text("odd")
    assert text.startswith(shown)
    assert len(text) < 3_000_000


@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30),
    body=st.text(max_size=50),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_nothing_of_an_object_becomes_part_of_the_page(
    browser: Browser, s3: Any, name: str, body: str
) -> None:
    key = f"h/{name}{EVIL}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=(body + EVIL).encode(), Metadata={"x": "<b>"})
    listing = browser.get(f"{bucket_page.PATH}{BUCKET}?prefix=h/&contains={quote(EVIL)}")[1]
    _, page, headers = browser.get(f"{bucket_page.PATH}{BUCKET}/{quote(key)}")
    for shown in (listing, page):
        assert "<script" not in shown
        assert "<b>" not in shown
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    s3.delete_object(Bucket=BUCKET, Key=key)


@pytest.mark.parametrize(
    ("path", "status"),
    [("nobucket", 404), (f"{BUCKET}/no/such/key", 404), ("", 404), (f"{BUCKET}/%ff%00", 404)],
)
def test_what_is_not_there_is_said(browser: Browser, path: str, status: int) -> None:
    assert browser.get(bucket_page.PATH + path)[0] == status


def test_a_page_changes_nothing(browser: Browser) -> None:
    assert browser.get(f"{bucket_page.PATH}{BUCKET}/stats/x.json", method="DELETE")[0] == 405
    assert browser.text("stats/x.json") == "{}"
