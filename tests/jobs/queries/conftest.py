"""The Ras model that the tests ask, and the database of its queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from tests.jobs.databases import make_database, opened
from tests.jobs.queries.ras_model import RasModel


@pytest.fixture
def database(databases: None) -> Iterator[QueryDatabase]:
    make_database()
    yield from opened(QueryDatabase)


@pytest.fixture
def ras_model(bucket: Bucket, database: QueryDatabase) -> RasModel:
    """Return the model without rounds and queries."""
    return RasModel(bucket, database)


@pytest.fixture
def subscribe(ras_model: RasModel) -> Callable[[dict[str, Any]], int]:
    """Register a query with a subscriber and return its hash."""
    return ras_model.subscribe
