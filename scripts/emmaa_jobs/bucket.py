"""Reading and writing the bucket: JSON in, JSON out, whole objects only.

A put to S3 is all or nothing, so a killed job leaves no half object under a key.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from emmaa_cycle.dates import ROUND_PATTERN, is_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.json_text import parse_json
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import JSON_GZ
from emmaa_jobs.aws_clients import aws_client
from emmaa_jobs.errors import unreadable_object
from emmaa_jobs.json_encoding import encode_json, encode_json_lines, encoded_items
from emmaa_jobs.json_items import json_items
from emmaa_jobs.unpacking import UnpackingError, check_size, unpacked

#: Larger objects go to the storage class that the original chose for them.
TIERING_BYTES = 128 * 1024
GZIP_TYPE = "application/gzip"
#: The highest level takes five times as long for 5 % less.
_GZIP_LEVEL = 6
_DATED = re.compile(rf"(?P<date>{ROUND_PATTERN})(?P<extension>\..+)")


@dataclass(frozen=True)
class DatedKey:
    """A key of one round.

    :param date: the round's ``<dt>``
    """

    key: str
    date: str


@dataclass(frozen=True)
class StoredObject:
    """An object's content and its S3 user metadata."""

    key: str
    content: bytes
    metadata: Mapping[str, str]

    def text(self) -> TextIO:
        """Open the content, which is gzipped where the key says so, as text in UTF-8."""
        plain = io.BytesIO(self.content)
        file = gzip.GzipFile(fileobj=plain) if self.key.endswith(".gz") else plain
        return io.TextIOWrapper(file, encoding="utf-8", newline="")


class Bucket:
    """One S3 bucket, seen as a store of JSON documents.

    :param name: the bucket's name
    :param client: a boto3 S3 client; made from the environment if None
    :param origin: written on every object as metadata; read from the environment if None
    """

    def __init__(
        self, name: str, client: BaseClient | None = None, origin: Origin | None = None
    ) -> None:
        if client is None:
            client = aws_client("s3")
        self.name = name
        self.client: Any = client
        self.origin = Origin.from_environment(os.environ) if origin is None else origin

    def other(self, name: str) -> Bucket:
        """Another bucket, reached in the same way."""
        return Bucket(name, self.client, self.origin)

    def read_bytes(self, key: str, limit: int | None = None, *, version: str = "") -> bytes:
        """Return the object's bytes.

        :param limit: the largest object that is read, in bytes; any if None
        :param version: the version to read; the present one if empty
        :raises MissingObjectError: if there is no such object.
        :raises ArchivedObjectError: if S3 has archived it.
        :raises RefusedObjectError: if S3 does not return it.
        :raises UnpackingError: if it is larger than the limit; then nothing of it is read.
        """
        return self.read_object(key, limit, version=version).content

    def read_object(self, key: str, limit: int | None = None, *, version: str = "") -> StoredObject:
        """Return an object with its metadata; as :meth:`read_bytes`."""
        try:
            which = {"VersionId": version} if version else {}
            answer = self.client.get_object(Bucket=self.name, Key=key, **which)
            if limit is not None:
                check_size(answer["ContentLength"], limit)
            body: bytes = answer["Body"].read()
        except ClientError as error:
            if reason := unreadable_object(f"s3://{self.name}/{key}", error):
                raise reason from error
            raise
        return StoredObject(key, body, answer["Metadata"])

    def read_json(self, key: str, limit: int | None = None) -> Any:
        """Return the JSON document at a key, decompressed where the key ends in ``.gz``.

        :param limit: the largest document that is read, in bytes, unpacked; any if None. Documents
            of others have one, and are parsed leniently
        :raises MissingObjectError: if there is no such object.
        :raises InputError: if it is not gzip or not JSON, is nested too deeply, or is larger.
        """
        try:
            content = self.read_bytes(key, limit)
        except UnpackingError as error:
            raise self._no_json(key, error) from error
        return self._parsed(key, content, limit)

    def _parsed(self, key: str, content: bytes, limit: int | None = None) -> Any:
        try:
            if limit is not None:
                content = unpacked(content, limit)
            elif key.endswith(".gz"):
                content = gzip.decompress(content)
            return parse_json(content, lenient=limit is not None)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise self._no_json(key, error) from error

    def _no_json(self, key: str, error: Exception) -> InputError:
        return InputError(f"s3://{self.name}/{key} cannot be read as JSON: {error}")

    def read_json_items(self, key: str) -> Iterator[Any]:
        """Yield the items of the JSON list at a key without holding them all.

        :raises MissingObjectError: if there is no such object.
        :raises InputError: as :meth:`read_json_list`, but maybe after some items.
        """
        yield from self.json_items(self.read_object(key))

    def json_items(self, stored: StoredObject) -> Iterator[Any]:
        """Yield the items of an object that was read; as :meth:`read_json_items`."""
        count = 0
        try:
            for item in json_items(stored.text()):
                yield item
                count += 1
        except (OSError, EOFError, ValueError, zlib.error):
            # Other encodings and forms; of what is broken, the whole gives the better message.
            whole = self._parsed(stored.key, stored.content)
            yield from self._as_list(stored.key, whole)[count:]

    def read_json_list(self, key: str) -> list[Any]:
        """Read the JSON list at a key, as :meth:`read_json` does.

        :raises InputError: also if it is no list.
        """
        return self._as_list(key, self.read_json(key))

    def _as_list(self, key: str, document: Any) -> list[Any]:
        if not isinstance(document, list):
            raise InputError(
                f"s3://{self.name}/{key} holds a JSON {type(document).__name__}, not a list"
            )
        return document

    def write_bytes(
        self,
        key: str,
        content: bytes,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Store an object whole, with the origin as metadata, and return its ETag.

        :param metadata: more S3 user metadata
        """
        extra = {"StorageClass": "INTELLIGENT_TIERING"} if len(content) > TIERING_BYTES else {}
        answer = self.client.put_object(
            Bucket=self.name,
            Key=key,
            Body=content,
            ContentType=content_type,
            Metadata={**self.origin.to_metadata(), **(metadata or {})},
            **extra,
        )
        return str(answer["ETag"])

    def write_json(self, key: str, document: Any, member: str = "") -> None:
        """Store a JSON document, indented by 1, compressed where the key ends in ``.gz``.

        :param member: the file name inside the gzip
        """
        self.write_encoded(key, encode_json(document), member)

    def write_json_lines(self, key: str, documents: Iterable[Any]) -> None:
        """Store one JSON document a line, lines joined by a newline."""
        self.write_encoded(key, encode_json_lines(documents))

    def write_encoded(self, key: str, content: bytes, member: str = "") -> None:
        """Store what :func:`encode_json` or :func:`encode_json_lines` made, by the key's ending.

        :param member: the file name inside the gzip
        """
        if key.endswith(".gz"):
            self.write_bytes(key, _gzip([content], member), GZIP_TYPE)
        elif key.endswith(".jsonl"):
            self.write_bytes(key, content, "application/x-ndjson")
        else:
            self.write_bytes(key, content, "application/json")

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """All keys with a prefix, in order, over all pages."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, StartAfter=start_after
        )
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"]

    def folder(self, prefix: str) -> tuple[list[str], list[str]]:
        """List the folders and keys directly under a prefix that ends in a slash, over all pages.

        :returns: prefixes of the folders in it, and keys of the objects in it
        """
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, Delimiter="/"
        )
        folders, keys = [], []
        for page in pages:
            folders += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
            keys += [item["Key"] for item in page.get("Contents", [])]
        return folders, [key for key in keys if key != prefix]

    def dated_keys(self, prefix: str, extensions: Sequence[str] = (JSON_GZ,)) -> list[DatedKey]:
        """Return the keys of the form prefix, ``<dt>``, extension, oldest first.

        The prefix must hold the delimiter: ``results_a_`` does not match a corpus ``a_more``. What
        only looks like a date, such as the 99th of a month, is no round.
        """
        found = []
        for key in self.keys(prefix):
            match = _DATED.fullmatch(key.removeprefix(prefix))
            if match and match["extension"] in extensions and is_round(match["date"]):
                found.append(DatedKey(key, match["date"]))
        return sorted(found, key=lambda dated: dated.date)

    def latest(
        self,
        prefix: str,
        extensions: Sequence[str] = (JSON_GZ,),
        *,
        before: str | None = None,
        day: str | None = None,
    ) -> DatedKey | None:
        """Return the newest of :meth:`dated_keys`.

        :param before: only rounds strictly before this ``<dt>``
        :param day: only rounds of this ``<d>``
        :returns: None if there is none
        """
        for dated in reversed(self.dated_keys(prefix, extensions)):
            if (before is None or dated.date < before) and dated.date.startswith(day or ""):
                return dated
        return None


def gzip_json_items(items: Iterable[Any], earlier: Iterable[str] = ()) -> bytes:
    """Return a JSON list as :meth:`Bucket.write_json` compresses it, without holding the list.

    :param earlier: parts of a list, as :func:`json_parts` yields them, whose items come first
    """
    return _gzip(encoded_items(items, earlier), "")


def _gzip(parts: Iterable[bytes], member: str) -> bytes:
    # No time stamp: equal content gives equal bytes, hence an equal ETag.
    buffer = io.BytesIO()
    with gzip.GzipFile(member, "wb", _GZIP_LEVEL, buffer, mtime=0) as archive:
        for part in parts:
            archive.write(part)
    return buffer.getvalue()
