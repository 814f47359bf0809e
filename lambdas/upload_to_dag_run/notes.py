"""The note of a run: model, round, and the run that made the upload (from object metadata)."""

from __future__ import annotations

import functools
from typing import Any

import boto3
from botocore.config import Config

from emmaa_cycle.origin import Origin
from emmaa_cycle.uploads import Upload


def upload_note(upload: Upload) -> str:
    """Return the note, without the run that made the upload if S3 does not return metadata.

    No fault of S3 may prevent the start of the run.
    """
    try:
        head = s3_client().head_object(Bucket=upload.bucket, Key=upload.key)
        return upload.note(Origin.from_metadata(head["Metadata"]))
    except Exception:  # noqa: BLE001 - see above; the note itself lacks the run
        return upload.note()


@functools.cache
def s3_client() -> Any:
    """Return a client with short timeouts and no retries."""
    once = {"mode": "standard", "total_max_attempts": 1}
    return boto3.client("s3", config=Config(connect_timeout=2, read_timeout=3, retries=once))
