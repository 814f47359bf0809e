"""Read-only pages for a browser: what is in a bucket, and an object as text.

What objects hold is shown as text and never run.
"""

from __future__ import annotations

import contextlib
import gzip
import html
import io
import json
import zlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlencode, urlsplit

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, s3_backends

from infra.local.aws.html_pages import HEADERS, POLICY, PageError, document, escaped
from infra.local.aws.runtime.locks import service_lock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: An underscore makes it no name of a bucket, so S3 does not use it.
PATH = "/_local/objects/"
#: Rows of one listing.
_MAX_ROWS = 1000
#: Characters of an object that are shown, and bytes that are read of it.
_MAX_SHOWN = 2_000_000


class BucketPages:
    """The WSGI application of the pages."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with a listing, an object, or the reason why not."""
        try:
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                raise PageError(HTTPStatus.METHOD_NOT_ALLOWED, "this page only shows")
            status, page = HTTPStatus.OK, _page(environ)
        except PageError as error:
            status, page = error.status, document(error.status.phrase, escaped(str(error)))
        headers = [*HEADERS, ("Content-Security-Policy", POLICY)]
        start_response(f"{status.value} {status.phrase}", headers)
        return [page.encode("utf-8", "replace")]


def _page(environ: WSGIEnvironment) -> str:
    # Servers decode a path as Latin-1 (PEP 3333); the raw one keeps an escaped slash apart.
    raw = environ.get("RAW_URI") or quote(environ["PATH_INFO"], encoding="latin-1")
    bucket, _, key = urlsplit(raw).path.removeprefix(PATH).partition("/")
    bucket, key = (unquote_to_bytes(part).decode("utf-8", "replace") for part in (bucket, key))
    query = parse_qs(environ.get("QUERY_STRING", ""))
    prefix, text = (query.get(name, [""])[0] for name in ("prefix", "contains"))
    return _object(bucket, key) if key else _listing(bucket, prefix, text)


def _listing(bucket: str, prefix: str, text: str) -> str:
    with service_lock("s3"):
        keys = [key for key in _keys(bucket) if key.name.startswith(prefix) and text in key.name]
        rows = [_row(bucket, key) for key in sorted(keys, key=lambda key: str(key.name))]
    cut = f"<p>The first {_MAX_ROWS} of {len(rows)}.</p>" if len(rows) > _MAX_ROWS else ""
    what = f" with “{escaped(text)}” in the key" if text else ""
    links = [f'<a href="{_address(bucket)}">the whole bucket</a>']
    if text:
        links.append(f'<a href="{_address(bucket, prefix=prefix)}">all dates</a>')
    body = (
        f"<p>{len(rows)} objects under s3://{escaped(bucket)}/{escaped(prefix)}{what}. "
        f"See {' or '.join(links)}.</p>{cut}<table>{''.join(rows[:_MAX_ROWS])}</table>"
    )
    return document(f"s3://{bucket}/{prefix}", body)


def _row(bucket: str, key: FakeKey) -> str:
    return (
        f'<tr><td><a href="{_address(bucket, key.name)}">{escaped(key.name)}</a></td>'
        f'<td class="n">{key.size:,} B</td><td>{key.last_modified:%Y-%m-%d %H:%M:%S} UTC</td></tr>'
    )


def _object(bucket: str, name: str) -> str:
    with service_lock("s3"):
        found = next((key for key in _keys(bucket) if key.name == name), None)
        content = found.value if found else b""
        metadata = dict(found.metadata) if found else {}
    if found is None:
        raise PageError(HTTPStatus.NOT_FOUND, f"s3://{bucket}/{name} does not exist")
    folder = f"{name.rpartition('/')[0]}/" if "/" in name else ""
    facts = ", ".join(f"{header}: {value}" for header, value in sorted(metadata.items()))
    body = (
        f'<p><a href="{_address(bucket, prefix=folder)}">its folder</a> · {len(content):,} B'
        f"{f' · {escaped(facts)}' if facts else ''}</p><pre>{escaped(_readable(content))}</pre>"
    )
    return document(f"s3://{bucket}/{name}", body)


def _readable(content: bytes) -> str:
    """Return an object as text: gunzipped, and JSON indented."""
    data, whole = _gunzipped(content)
    try:
        text = data.decode("utf-8", "strict" if whole else "ignore")
    except UnicodeDecodeError:
        return f"not text: {len(data):,} bytes, which begin with {data[:32].hex(' ')}"
    if whole:
        with contextlib.suppress(ValueError, RecursionError):  # JSON lines, or another text
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    cut = not whole or len(text) > _MAX_SHOWN
    return text[:_MAX_SHOWN] + ("\n… the rest is not shown" if cut else "")


def _gunzipped(content: bytes) -> tuple[bytes, bool]:
    """Return at most so much as is shown, and whether that is all."""
    if content[:2] != b"\x1f\x8b":
        return content[:_MAX_SHOWN], len(content) <= _MAX_SHOWN
    try:
        data = gzip.GzipFile(fileobj=io.BytesIO(content)).read(_MAX_SHOWN + 1)
    except (OSError, EOFError, zlib.error):
        return content[:_MAX_SHOWN], len(content) <= _MAX_SHOWN
    return data[:_MAX_SHOWN], len(data) <= _MAX_SHOWN


def _keys(bucket: str) -> list[FakeKey]:
    found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.get(bucket)
    if found is None:
        raise PageError(HTTPStatus.NOT_FOUND, f"there is no bucket {bucket}")
    # The others are marks of deleted objects.
    return [key for key in found.keys.values() if isinstance(key, FakeKey)]


def _address(bucket: str, key: str = "", **query: Any) -> str:
    path = PATH + quote(bucket, safe="") + (f"/{quote(key)}" if key else "")
    return html.escape(f"{path}?{urlencode(query)}" if query else path)
