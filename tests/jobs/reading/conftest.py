"""The model that the tests update, and the INDRA DB on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emmaa_jobs.bucket import Bucket
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import LocalService
from tests.jobs.reading_inbox import config, write_config


@pytest.fixture
def db() -> IndraDbAnswers:
    """Return an INDRA DB that is empty at first."""
    return IndraDbAnswers()


@pytest.fixture
def db_service(db: IndraDbAnswers) -> Iterator[LocalService]:
    """Serve the INDRA DB as a web service."""
    with LocalService(db).running() as service:
        yield service


@pytest.fixture
def inbox(bucket: Bucket) -> Bucket:
    """Return a bucket with a model that reads INDRA JSON."""
    write_config(bucket, config("indra_json"))
    return bucket
