"""The databases where the environment says, open for a test and closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.location import DatabaseName
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase

Opened = TypeVar("Opened", QueryDatabase, NotificationLedger, StatementDatabase)


def opened(kind: type[Opened]) -> Iterator[Opened]:
    """One of them, migrated before; for ``yield from`` in a fixture."""
    name: DatabaseName = "stmt" if kind is StatementDatabase else "primary"
    engine = database_engine(name)
    try:
        yield kind(engine)
    finally:
        engine.dispose()
