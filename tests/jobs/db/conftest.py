"""Empty databases, and migrated ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from emmaa_jobs.db.location import DATABASE_NAMES, variable
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from tests.jobs.databases import opened
from tests.jobs.embedded_postgres import PostgresServer


@pytest.fixture
def urls(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, URL]]:
    """Return the addresses of both databases by name; they are one, and empty."""
    url = postgres.new_database()
    for name in DATABASE_NAMES:
        monkeypatch.setenv(variable(name), url.render_as_string(hide_password=False))
    yield dict.fromkeys(DATABASE_NAMES, url)
    postgres.drop(url)


@pytest.fixture
def queries(urls: dict[str, URL]) -> Iterator[QueryDatabase]:
    migrate("primary", urls["primary"])
    yield from opened(QueryDatabase)


@pytest.fixture
def ledger(urls: dict[str, URL]) -> Iterator[NotificationLedger]:
    migrate("primary", urls["primary"])
    yield from opened(NotificationLedger)


@pytest.fixture
def statements(urls: dict[str, URL]) -> Iterator[StatementDatabase]:
    migrate("stmt", urls["stmt"])
    yield from opened(StatementDatabase)
