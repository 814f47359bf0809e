"""An S3 bucket as far as the upload watch sees it: listings of objects and their versions.

S3's listings have been consistent since 2020, so only pages are partial.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from emmaa_cycle.claims import Held

PAGE = 4


@dataclass(frozen=True)
class Stored:
    """One object."""

    key: str
    etag: str
    modified: datetime


@dataclass
class FakeBucket:
    """One bucket.

    :param now: S3's own clock, which is always right
    """

    name: str
    now: Callable[[], datetime]
    objects: dict[str, Stored] = field(default_factory=dict)
    versions: list[Stored] = field(default_factory=list)
    claims: FakeClaims = field(default_factory=lambda: FakeClaims())

    def put(self, key: str, body: str) -> Stored:
        """Store an object; the same content has the same ETag."""
        etag = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        self.objects[key] = Stored(key, etag, self.now())
        self.versions.append(self.objects[key])
        return self.objects[key]

    def event_record(self, stored: Stored) -> dict[str, Any]:
        """Return the record that S3 sends for an upload."""
        key = quote(stored.key, safe="/").replace("%20", "+")
        return {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": stored.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "s3": {"bucket": {"name": self.name}, "object": {"key": key, "eTag": stored.etag}},
        }

    def listing(self, url: str) -> bytes:
        """ListObjectsV2 or ListObjectVersions."""
        parsed = parse_qs(urlsplit(url).query, keep_blank_values=True)
        query = {name: values[0] for name, values in parsed.items()}
        if "versions" in query:
            return self._versions(query["prefix"]).encode()
        assert query.get("list-type") == "2", url
        prefix, after = query.get("prefix", ""), query.get("start-after", "")
        after = max(after, query.get("continuation-token", ""))
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        entries = _entries(keys, prefix, query.get("delimiter", ""))
        rest = [entry for entry in entries if entry > after]
        page = rest[:PAGE]
        return self._xml(page, rest[PAGE:] != []).encode()

    def _versions(self, prefix: str) -> str:
        items = "".join(
            f"<Version><Key>{quote(stored.key, safe='/')}</Key>"
            f"<ETag>&quot;{stored.etag}&quot;</ETag></Version>"
            for stored in reversed(self.versions)
            if stored.key.startswith(prefix)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.name}</Name><EncodingType>url</EncodingType>"
            f"<IsTruncated>false</IsTruncated>{items}</ListVersionsResult>"
        )

    def _xml(self, page: list[str], more: bool) -> str:
        items = "".join(self._item(entry) for entry in page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.name}</Name><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        )

    def _item(self, entry: str) -> str:
        key = quote(entry, safe="/")
        if entry not in self.objects:
            return f"<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"
        stored = self.objects[entry]
        modified = stored.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return (
            f"<Contents><Key>{key}</Key><LastModified>{modified}</LastModified>"
            f"<ETag>&quot;{stored.etag}&quot;</ETag><Size>5</Size></Contents>"
        )


@dataclass
class FakeClaims:
    """The objects that are written by conditional puts."""

    written: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def read(self, key: str) -> Held | None:
        """Return the claim; None if there is none."""
        owner, _ = self.written.get(key, ("", None))
        return Held(owner, f'"{owner}"') if owner else None

    def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
        """Write if the claim is still ``instead_of``, and return whether it was."""
        if self.read(key) != instead_of:
            return False
        self.written[key] = (owner, self.now())
        return True

    def get(self, key: str) -> tuple[int, dict[str, str], bytes]:
        """GetObject."""
        if key not in self.written:
            return (
                404,
                {"content-type": "application/xml"},
                b"<Error><Code>NoSuchKey</Code></Error>",
            )
        owner, written_at = self.written[key]
        headers = {"etag": f'"{owner}"', "last-modified": format_datetime(written_at, usegmt=True)}
        return 200, headers, owner.encode()


def _entries(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """Keys, or the folders that they are in."""
    if not delimiter:
        return keys
    found: dict[str, None] = {}
    for key in keys:
        head, mark, _ = key[len(prefix) :].partition(delimiter)
        found[prefix + head + mark] = None
    return list(found)
