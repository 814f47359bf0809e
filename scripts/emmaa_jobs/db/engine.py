"""Engines for the two databases, checked before they are used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.location import SHOWN_FIELDS, DatabaseName, database_url, variable
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.outages import database_may_return

#: The revision that this code works on; the newest migration of each tree.
HEADS: dict[DatabaseName, str] = {"primary": "primary_0002", "stmt": "stmt_0002"}
CONNECT_SECONDS = 10
#: The driver that the jobs install, where the URL names none.
_DRIVERS = {
    "postgresql": "postgresql+psycopg2",
    "postgres": "postgresql+psycopg2",
}
#: Classes of SQLSTATE for a value that has no place in its column, or is larger than an index
#: allows (PostgreSQL's documentation, appendix A).
_NOT_STORABLE = ("22", "54")
_UPGRADE = "run scripts/upgrade_database.py"


def database_engine(name: DatabaseName) -> Engine:
    """Return an engine for a database that exists and is migrated.

    :raises InputError: if it is not located, not migrated, or of another version.
    :raises SourceUnavailableError: if it cannot be reached.
    """
    url = database_url(name, os.environ)
    engine = make_engine(url)
    with connecting(name, url), engine.connect() as connection:
        revision = current_revision(connection, name)
    if revision is None:
        raise InputError(f"the {name} database {shown(url)} is not migrated: {_UPGRADE}")
    if revision != HEADS[name]:
        raise InputError(
            f"the {name} database {shown(url)} is at revision {revision}, this code works on"
            f" {HEADS[name]}: {_UPGRADE} of the newest code"
        )
    return engine


def make_engine(url: URL | str) -> Engine:
    """Make an engine for a URL, without checks.

    :raises InputError: if the URL names another dialect, or a driver that is not installed.
    """
    url = make_url(url)
    if url.drivername in _DRIVERS:
        url = url.set(drivername=_DRIVERS[url.drivername])
    if url.get_backend_name() != "postgresql":
        raise InputError(f"{shown(url)} is not a PostgreSQL database")
    try:
        return create_engine(
            url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS}
        )
    except (ArgumentError, ImportError) as error:
        raise InputError(f"no database driver for {shown(url)}: {error}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{shown(url)} has a parameter of a wrong form: {error}") from error


@contextmanager
def rehearsing(engine: Engine) -> Iterator[Connection]:
    """Open a connection whose sessions find all that they write, and of which nothing is kept."""
    with engine.connect() as connection, connection.begin() as all_writes:
        with connection.begin_nested():  # inside of a savepoint, sessions commit and fail alone
            yield connection
        all_writes.rollback()


@contextmanager
def writing(engine: Engine | Connection) -> Iterator[Session]:
    """Open a session that changes rows, all of them or none.

    :raises InputError: if a value is none that the database can hold.
    """
    try:
        with Session(engine) as session, session.begin():
            yield session
    except DBAPIError as error:
        if (getattr(error.orig, "pgcode", None) or "").startswith(_NOT_STORABLE):
            cause = " ".join(str(error.orig).split())
            raise InputError(f"the database cannot hold it: {cause:.300}") from error
        raise


@contextmanager
def connecting(name: DatabaseName, url: URL) -> Iterator[None]:
    """Name the database if it cannot be reached or used.

    :raises SourceUnavailableError: if another attempt may reach it.
    :raises InputError: if it is no database that this code can use.
    """
    try:
        yield
    except DBAPIError as error:
        if f'database "{url.database}" does not exist' in str(error.orig):
            raise InputError(
                f"the {name} database {shown(url)} ({variable(name)}) does not exist: create it,"
                f" then {_UPGRADE}"
            ) from error
        if isinstance(error, OperationalError) or database_may_return(error):
            raise SourceUnavailableError(
                f"the {name} database {shown(url)} ({variable(name)}) cannot be reached:"
                f" {' '.join(str(error.orig).split())}"
            ) from error
        raise InputError(
            f"the {name} database {shown(url)} ({variable(name)}) cannot be used:"
            f" {' '.join(str(error.orig).split())}"
        ) from error


def version_table(name: DatabaseName) -> str:
    """Return the name of the database's revision table; two databases may share one server
    database.
    """
    return f"alembic_version_{name}"


def current_revision(connection: Connection, name: DatabaseName) -> str | None:
    """Return the database's revision; None if it was never migrated."""
    table = version_table(name)
    if not inspect(connection).has_table(table):
        return None
    query = text(f"SELECT version_num FROM {table}")  # noqa: S608 - a name of our own
    revision: str | None = connection.execute(query).scalar()
    return revision


def shown(url: URL) -> str:
    """Return a URL without its passwords."""
    query = {key: text if key in SHOWN_FIELDS else "***" for key, text in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)
