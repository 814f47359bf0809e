"""Parsing of S3 event notifications into uploads."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from emmaa_cycle.errors import InputError
from emmaa_cycle.uploads import Upload, is_history, parse_upload

_SURROGATE = re.compile("[\ud800-\udfff]")
#: The years in which S3 can have stored an object.
_POSSIBLE = range(2006, 9999)


class MalformedEventError(InputError):
    """An event, or a record of it, that S3 cannot have sent."""


@dataclass(frozen=True)
class Ignored:
    """An object whose event starts no run.

    :param key: the decoded S3 key
    """

    bucket: str
    key: str
    reason: str


def is_test_event(event: Any) -> bool:
    """Return whether this is the ``s3:TestEvent`` that S3 sends when a notification is set up."""
    return isinstance(event, dict) and event.get("Event") == "s3:TestEvent"


def records_of(event: Any) -> list[Any]:
    """Return the event's records, unchecked.

    :raises MalformedEventError: if there is no list of records.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise MalformedEventError(
            "this is not an S3 event: it has no list 'Records'; for samples see"
            " lambdas/upload_to_dag_run/events in the repository"
        )
    return records


def read_record(record: Any, key_days: float) -> Upload | Ignored:
    """Parse one record, independent of all others.

    The ETag is part of the run's id, and every ``ObjectCreated`` event of S3 has it. A record
    without it is refused: with another id, the upload watch, which lists the ETags, would start
    a second run.

    :param key_days: how many days older than its upload the date in a key may be
    :raises MalformedEventError: if a field is missing or wrong; the message names it.
    """
    source = record.get("eventSource", "aws:s3") if isinstance(record, dict) else None
    if source != "aws:s3":
        raise MalformedEventError(f"it comes from {source!r}, not from 'aws:s3'")
    bucket = _text(record, "s3", "bucket", "name")
    key = _decoded(_text(record, "s3", "object", "key"))
    name = record.get("eventName", "ObjectCreated")
    if not str(name).startswith("ObjectCreated"):
        return Ignored(bucket, key, f"{name} is not an upload")
    upload = parse_upload(bucket, key, etag="")
    if upload is None:
        return Ignored(bucket, key, "not the key of a model or a model manager")
    uploaded_at = _event_time(record)
    if uploaded_at and is_history(upload, uploaded_at, key_days):
        return Ignored(
            bucket,
            key,
            f"its round is more than {key_days:g} days older than this upload, so this is a copy"
            " of history; the setting uploads.key_days changes the limit",
        )
    return replace(upload, etag=_text(record, "s3", "object", "eTag").strip('"'))


def _event_time(record: Any) -> datetime | None:
    """Return when S3 stored the object; None if the record does not say."""
    text = record.get("eventTime")
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise MalformedEventError(f"its field eventTime is {text!r:.60}, not a time") from error
    if found.year not in _POSSIBLE:
        raise MalformedEventError(f"its field eventTime is {text!r:.60}, not a time of S3")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(record: Any, *path: str) -> str:
    value = record
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value:
        raise MalformedEventError(f"its field {'.'.join(path)} is missing or not text")
    if _SURROGATE.search(value):
        raise MalformedEventError(f"its field {'.'.join(path)} is {value!r:.60}, not UTF-8")
    return value


def _decoded(key: str) -> str:
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedEventError(f"its key {key!r} is not URL-encoded UTF-8") from error
