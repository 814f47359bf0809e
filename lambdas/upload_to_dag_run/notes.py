"""The note of a run: model, round, and the run that made the upload, by the object's metadata."""

from __future__ import annotations

import functools
from typing import Any

import boto3
from botocore.config import Config

from emmaa_cycle.origin import Origin
from emmaa_cycle.uploads import Upload


def upload_note(upload: Upload) -> str:
    """Return the note; one without its maker if S3 does not tell that.

    Whatever S3 answers, or does not, must not keep a run from being started.
    """
    try:
        head = s3_client().head_object(Bucket=upload.bucket, Key=upload.key)
        return upload.note(Origin.from_metadata(head["Metadata"]))
    except Exception:  # noqa: BLE001 - as said above; the note itself shows what is missing
        return upload.note()


@functools.cache
def s3_client() -> Any:
    """Return a client that gives up soon."""
    once = {"mode": "standard", "total_max_attempts": 1}
    return boto3.client("s3", config=Config(connect_timeout=2, read_timeout=3, retries=once))
