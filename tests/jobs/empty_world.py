"""Nothing yet: an empty bucket in moto, in this process, and databases that are not made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto import mock_aws

from emmaa_jobs.bucket import Bucket


@contextmanager
def empty_bucket() -> Iterator[Bucket]:
    """Return an empty bucket under its production name."""
    with mock_aws():
        bucket = Bucket("emmaa")
        bucket.client.create_bucket(Bucket=bucket.name)
        yield bucket


def locate_databases(environment: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the environment say that both databases are SQLite files in this folder."""
    environment.setenv("EMMAADBPRIMARY", f"sqlite:///{folder / 'primary.db'}")
    environment.setenv("EMMAADBSTMT", f"sqlite:///{folder / 'stmt.db'};statement")


@contextmanager
def empty_world(folder: Path) -> Iterator[Bucket]:
    """Return the bucket and, in this folder, the databases of all tests of a module."""
    with empty_bucket() as bucket, pytest.MonkeyPatch.context() as environment:
        locate_databases(environment, folder)
        yield bucket
