"""An upgrade beside others that use the database: neither waits for the other without end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest
from sqlalchemy import URL

from emmaa_jobs.db.engine import HEADS
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.upgrade_locks import UPGRADE_LOCK, Turn
from emmaa_jobs.errors import SourceUnavailableError
from tests.jobs.embedded_postgres import PostgresServer

QUICK = 50


@pytest.fixture
def older(postgres: PostgresServer) -> URL:
    """Return a database that an upgrade has to change."""
    url = postgres.new_database()
    migrate("primary", url, "primary_0001")
    return url


@pytest.fixture
def dump(postgres: PostgresServer, older: URL) -> Iterator[Any]:
    """Read the tables in one long transaction, as pg_dump does."""
    connection = postgres.connect(str(older.database))
    connection.cursor().execute("SET application_name = 'pg_dump'; SELECT * FROM result")
    yield connection
    connection.close()


def test_an_open_transaction_is_named_and_waited_for(
    older: URL, dump: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            dump.rollback()

    done = migrate("primary", older, turn=Turn(QUICK, pause))

    assert (done.before, done.after) == ("primary_0001", HEADS["primary"])
    assert len(pauses) == 2
    assert f"process {dump.info.backend_pid} of emmaa (pg_dump, idle in transaction" in caplog.text


def test_an_upgrade_that_finds_no_moment_says_what_to_do(older: URL, dump: Any) -> None:
    with pytest.raises(SourceUnavailableError, match=r"in use by process \d+ of emmaa \(pg_dump"):
        migrate("primary", older, turn=Turn(QUICK, lambda _: None, tries=2))
    dump.rollback()
    assert migrate("primary", older).before == "primary_0001"


def test_the_service_goes_on_while_an_upgrade_waits(
    postgres: PostgresServer, older: URL, dump: Any
) -> None:
    """Readers that queue behind the upgrade's lock are served as soon as it gives up."""
    served = []

    def pause(_seconds: float) -> None:
        service = postgres.connect(str(older.database))
        service.cursor().execute("SET lock_timeout = '5s'; SELECT * FROM result")
        service.close()
        served.append(True)

    with pytest.raises(SourceUnavailableError):
        migrate("primary", older, turn=Turn(QUICK, pause, tries=3))
    assert served == [True, True]


def test_two_upgrades_at_once(older: URL) -> None:
    together = threading.Barrier(4)

    def upgrade(_number: int) -> str | None:
        together.wait()
        return migrate("primary", older, turn=Turn(60_000)).after

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, range(4))) == [HEADS["primary"]] * 4


def test_another_upgrade_is_named(postgres: PostgresServer, older: URL) -> None:
    other = postgres.connect(str(older.database))
    other.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [UPGRADE_LOCK])
    with pytest.raises(SourceUnavailableError, match=f"process {other.info.backend_pid} of emmaa"):
        migrate("primary", older, turn=Turn(QUICK, lambda _: None, tries=1))
    other.close()


def test_a_session_lock_outside_a_transaction_is_named(
    postgres: PostgresServer, older: URL
) -> None:
    other = postgres.connect(str(older.database))
    other.autocommit = True
    other.cursor().execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
    with pytest.raises(SourceUnavailableError, match=f"process {other.info.backend_pid} of emmaa"):
        migrate("primary", older, turn=Turn(QUICK, lambda _: None, tries=1))
    other.close()


def test_a_role_that_may_not_see_others_sessions_names_what_it_sees(
    postgres: PostgresServer, older: URL
) -> None:
    """Upgrade without the rights of a superuser, as on a managed server."""
    with postgres.connect(str(older.database)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE upgrader LOGIN; ALTER SCHEMA public OWNER TO upgrader")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" OWNER TO upgrader')
    connection.close()
    dump = postgres.connect(str(older.database))
    dump.cursor().execute("SELECT * FROM result")
    url = older.set(username="upgrader")
    named = f"process {dump.info.backend_pid} of emmaa \\("
    with pytest.raises(SourceUnavailableError, match=named):
        migrate("primary", url, turn=Turn(QUICK, lambda _: None, tries=1))
    dump.close()


def test_another_failure_is_not_repeated(older: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    calls = []

    def fail(*_: object) -> None:
        calls.append(True)
        raise psycopg2.OperationalError("of a bug")

    monkeypatch.setattr(command, "upgrade", fail)
    with pytest.raises(psycopg2.OperationalError, match="of a bug"):
        migrate("primary", older, turn=Turn(QUICK, lambda _: None, tries=3))
    assert calls == [True]
