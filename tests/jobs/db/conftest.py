"""Every test of the databases runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from emmaa_jobs.db.location import DATABASE_NAMES, variable
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from tests.jobs.databases import opened
from tests.jobs.embedded_postgres import NoPostgresError, PostgresServer, running_server

#: Set it where PostgreSQL is missing; half of these tests do not run then.
OPT_OUT = "TESTS_WITHOUT_POSTGRES"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    try:
        with running_server() as server:
            yield server
    except NoPostgresError as error:
        if os.environ.get(OPT_OUT) != "1":
            pytest.fail(f"no PostgreSQL here: {error} ({OPT_OUT}=1 runs the tests without it)")
        pytest.skip(f"no PostgreSQL here: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, URL]:
    """Return the addresses of both databases by name; they are empty."""
    urls: dict[str, URL]
    if request.param == "sqlite":
        urls = {name: make_url(f"sqlite:///{tmp_path}/{name}.db") for name in DATABASE_NAMES}
    else:
        # One for both: making a database is what takes the time.
        urls = dict.fromkeys(DATABASE_NAMES, request.getfixturevalue("postgres").new_database())
    for name in DATABASE_NAMES:
        monkeypatch.setenv(variable(name), urls[name].render_as_string(hide_password=False))
    return urls


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
