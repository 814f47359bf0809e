"""The databases where the environment says, made for a test, open for it and closed after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any, TypeVar

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import errors
from sqlalchemy import URL, make_url

from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.location import DATABASE_NAMES, DatabaseName, database_url
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase

Opened = TypeVar("Opened", QueryDatabase, NotificationLedger, StatementDatabase)

#: A database with the tables of both, which others are copies of.
_TEMPLATE = "emmaa_migrated"


def opened(kind: type[Opened]) -> Iterator[Opened]:
    """One of them, migrated before; for ``yield from`` in a fixture."""
    name: DatabaseName = "stmt" if kind is StatementDatabase else "primary"
    engine = database_engine(name)
    try:
        yield kind(engine)
    finally:
        engine.dispose()


def make_database(name: DatabaseName = "primary") -> None:
    """Make the database where the environment says, with all tables; it may be there already."""
    url = make_url(database_url(name, os.environ))
    with closing(_connected(url)) as connection:
        # One process at a time, until the connection ends: a test may start several at once.
        connection.cursor().execute("SELECT pg_advisory_lock(1)")
        try:
            _copy(connection, url)
        except errors.InvalidCatalogName:
            _make_template(connection, url)
            _copy(connection, url)


def _connected(url: URL) -> Any:
    connection = psycopg2.connect(
        host=url.query["host"], user=url.username, password=url.password, dbname="postgres"
    )
    connection.autocommit = True
    return connection


def _copy(connection: Any, url: URL) -> None:
    try:
        connection.cursor().execute(f"CREATE DATABASE {url.database} TEMPLATE {_TEMPLATE}")
    except errors.DuplicateDatabase:
        return


def _make_template(connection: Any, url: URL) -> None:
    partial = f"{_TEMPLATE}_{os.getpid()}"
    connection.cursor().execute(f"CREATE DATABASE {partial}")
    for name in DATABASE_NAMES:
        migrate(name, url.set(database=partial))
    connection.cursor().execute(f"ALTER DATABASE {partial} RENAME TO {_TEMPLATE}")
