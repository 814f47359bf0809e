"""The models that the tests assemble."""

from __future__ import annotations

import logging

import pytest

from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from tests.jobs.assembly.daily_rounds import DAYS, FIRST, MODEL, deliver, write_config
from tests.jobs.one_model import make_statement_database, ready_model


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    """Return a bucket with a model, and the statement database."""
    return ready_model(bucket)


@pytest.fixture
def first_round(bucket: Bucket, caplog: pytest.LogCaptureFixture) -> str:
    """Make the first round of the daily model, and return its ``<dt>``."""
    caplog.set_level(logging.INFO)
    make_statement_database()
    write_config(bucket)
    date_str = deliver(bucket, DAYS[0], FIRST)
    update_manager(bucket, MODEL, date_str)
    return date_str
