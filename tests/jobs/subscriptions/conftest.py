"""A bucket with the textbook Ras model, and an empty database."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from tests.jobs.databases import make_database, opened
from tests.jobs.queries.ras_model import DAY1, MODEL, RasModel, ras_statements

Run = Callable[..., str]


@pytest.fixture
def database(databases: None) -> Iterator[QueryDatabase]:
    make_database()
    yield from opened(QueryDatabase)


@pytest.fixture
def ras_model(bucket: Bucket, database: QueryDatabase) -> RasModel:
    """Return the model with one round, simulated by differential equations."""
    model = RasModel(bucket, database)
    model.write_round(DAY1, ras_statements(), ("signed_graph", "pysb"))
    bucket.write_bytes(config_key(MODEL), b'{"search_terms": []}', "application/json")
    return model


@pytest.fixture
def run(ras_model: RasModel, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with some arguments, and return its summary."""
    monkeypatch.setenv("EMMAA_BUCKET", ras_model.bucket.name)
    main = importlib.import_module("scripts.subscriptions").main
    return lambda *arguments: str(main([str(each) for each in arguments]))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "registrations.json"
