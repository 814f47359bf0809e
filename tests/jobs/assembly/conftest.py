"""The model that the tests assemble."""

from __future__ import annotations

import pytest

from emmaa_jobs.bucket import Bucket
from tests.jobs.one_model import ready_model


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    """Return a bucket with a model, and the statement database."""
    return ready_model(bucket)
