"""A bucket of the embedded AWS that a test fills by itself."""

from __future__ import annotations

import boto3

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_cycle.origin import Origin

#: Dates of two rounds.
OLD, NEW = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


class Store:
    """A bucket to write to, and its reader."""

    def __init__(self, bucket: str) -> None:
        self.client = boto3.client("s3")
        self.client.create_bucket(Bucket=bucket)
        self.bucket = bucket
        self.reader = BucketReader(bucket, self.client)

    def put(self, *keys: str, body: bytes = b"{}", origin: Origin | None = None) -> None:
        """Store objects."""
        metadata = origin.to_metadata() if origin else {}
        for key in keys:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=metadata)
