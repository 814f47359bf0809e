"""The model that the tests update."""

from __future__ import annotations

import pytest

from emmaa_jobs.bucket import Bucket
from tests.jobs.reading_inbox import config, write_config


@pytest.fixture
def inbox(bucket: Bucket) -> Bucket:
    """A bucket with a model that reads INDRA JSON."""
    write_config(bucket, config("indra_json"))
    return bucket
