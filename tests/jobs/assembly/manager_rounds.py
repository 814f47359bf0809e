"""Rounds that the model manager makes of the model, and what they leave."""

from __future__ import annotations

from emmaa_cycle.s3_layout import model_manager_key
from emmaa_jobs.assembly.manager import ManagerUpdate, update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from tests.jobs.one_model import MODEL, ROUND

LATEST = f"assembled/{MODEL}/latest_statements_{MODEL}"
DATED = f"assembled/{MODEL}/statements_{ROUND}"
MANAGER = model_manager_key(MODEL, ROUND)
LATER_ROUND = "2026-03-03-17-05-00"


def rows(day: str = "2026-03-02") -> list[tuple[int, int]]:
    """Return the hashes and path counts in the statement database for one day."""
    engine = database_engine("stmt")
    try:
        stored = StatementDatabase(engine).statements(MODEL, day)
        return sorted((each.hash, each.path_count) for each in stored)
    finally:
        engine.dispose()


def contents(bucket: Bucket) -> dict[str, bytes]:
    """All objects of the bucket, by key."""
    return {key: bucket.read_bytes(key) for key in bucket.keys("")}


def make(bucket: Bucket, date_str: str = ROUND, model_date: str | None = None) -> ManagerUpdate:
    return update_manager(bucket, MODEL, date_str, model_date)
