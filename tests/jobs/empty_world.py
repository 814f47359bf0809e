"""Nothing yet: an empty bucket in moto, in this process, and databases that are not made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws
from sqlalchemy import URL

from emmaa_jobs.bucket import Bucket


@contextmanager
def empty_bucket() -> Iterator[Bucket]:
    """Return an empty bucket under its production name."""
    with mock_aws():
        bucket = Bucket("emmaa")
        bucket.client.create_bucket(Bucket=bucket.name)
        yield bucket


def locate_databases(environment: pytest.MonkeyPatch, url: URL) -> None:
    """Let the environment say that this is both databases."""
    address = url.render_as_string(hide_password=False)
    environment.setenv("EMMAADBPRIMARY", address)
    environment.setenv("EMMAADBSTMT", f"{address};statement")


@contextmanager
def empty_world(url: URL) -> Iterator[Bucket]:
    """Return the bucket of all tests of a module, whose databases are at this address."""
    with empty_bucket() as bucket, pytest.MonkeyPatch.context() as environment:
        locate_databases(environment, url)
        yield bucket
