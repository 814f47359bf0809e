"""Every way in which PostgreSQL is away is "unavailable": Airflow then tries again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from emmaa_cycle.exit_codes import EXIT_FAULT, EXIT_UNAVAILABLE
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.engine import database_engine, make_engine, writing
from emmaa_jobs.db.location import variable
from emmaa_jobs.db.migrate import migrate
from tests.jobs.embedded_postgres import START_SECONDS, PostgresServer, running_server

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
ROLE = "CREATE ROLE guest LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Start a server for this module, which its tests stop and start."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def migrated(server: PostgresServer) -> URL:
    """Return a database with tables, one user, and a role without superuser rights."""
    url = server.new_database()
    migrate("primary", url)
    engine = make_engine(url)
    with writing(engine) as session:
        session.execute(text("INSERT INTO \"user\" (id, email) VALUES (1, 'a'), (2, 'b')"))
        session.execute(text(ROLE))
    engine.dispose()
    return url


@pytest.fixture
def url(server: PostgresServer, migrated: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[URL]:
    locate(monkeypatch, migrated)
    yield migrated
    server.stop(signal.SIGQUIT)
    (server.folder / "data" / "standby.signal").unlink(missing_ok=True)
    server.start()


def locate(monkeypatch: pytest.MonkeyPatch, url: URL) -> None:
    monkeypatch.setenv(variable("primary"), url.render_as_string(hide_password=False))


def restart_as_standby(server: PostgresServer, **settings: str) -> None:
    """Restart the server as after a failover: it refuses writes, or everything."""
    server.stop()
    (server.folder / "data" / "standby.signal").touch()
    server.start(**settings)


@contextmanager
def opened() -> Iterator[Engine]:
    engine = database_engine("primary")
    try:
        yield engine
    finally:
        engine.dispose()


def read(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text('SELECT count(*) FROM "user"'))


def write(engine: Engine) -> None:
    with writing(engine) as session:
        session.execute(text("UPDATE \"user\" SET email = email || 'x' WHERE id = 1"))


def code_of(work: Callable[[], Any], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run_job(lambda _argv: str(work()), [])
    return code, capsys.readouterr().out.splitlines()[-1]


def assert_unavailable(work: Callable[[], Any], capsys: pytest.CaptureFixture[str]) -> str:
    code, last = code_of(work, capsys)
    assert (code, "ERROR emmaa_jobs: unavailable: " in last) == (EXIT_UNAVAILABLE, True), last
    return last


def connect() -> None:
    with opened():
        pass


def test_nobody_listens(
    server: PostgresServer, url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    server.stop()
    assert "EMMAADBPRIMARY) cannot be reached" in assert_unavailable(connect, capsys)


def test_a_host_without_an_address(
    url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    locate(monkeypatch, URL.create("postgresql", "ada", "pw", "database.invalid", 5432, "emmaa"))
    assert "could not translate host name" in assert_unavailable(connect, capsys)


def test_a_server_that_recovers(
    server: PostgresServer, url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    restart_as_standby(server, hot_standby="off")
    assert "not accepting connections" in assert_unavailable(connect, capsys)


def test_a_server_that_is_shutting_down(
    server: PostgresServer, url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened() as engine, engine.connect() as busy:
        busy.execute(text("BEGIN"))
        assert server._process
        server._process.send_signal(signal.SIGTERM)  # wait for those that are connected
        assert "shutting down" in assert_unavailable(connect, capsys)


def wait_for(what: str, check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not check():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def take(url: URL, number: int) -> list[Connection]:
    """Open connections until there are as many, and none of the server's start is left."""
    first = opened_when_free(url)
    others = text("SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'")
    wait_for("the end of other connections", lambda: first.execute(others).scalar() == 0)
    return [first, *(make_engine(url).connect() for _ in range(number - 1))]


def opened_when_free(url: URL) -> Connection:
    """Return the first connection that the server grants."""
    found: list[Connection] = []

    def connect_once() -> bool:
        with suppress(SQLAlchemyError):
            found.append(make_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT"))
        return bool(found)

    wait_for("a connection", connect_once)
    return found[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_connections": "4", "superuser_reserved_connections": "0"}, "too many clients"),
        ({"max_connections": "4", "superuser_reserved_connections": "3"}, "connection slots are"),
    ],
)
def test_no_connection_is_left(
    server: PostgresServer,
    url: URL,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, str],
    message: str,
) -> None:
    server.stop()
    server.start(max_wal_senders="0", **settings)
    locate(monkeypatch, url.set(username="guest"))
    free = 4 if settings["superuser_reserved_connections"] == "0" else 1
    taken = take(url.set(username="guest"), free)
    try:
        assert message in assert_unavailable(connect, capsys)
    finally:
        for connection in taken:
            connection.close()
            connection.engine.dispose()


def test_a_primary_that_became_a_standby(
    server: PostgresServer, url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    restart_as_standby(server)
    with opened() as engine:
        read(engine)
        assert "read-only transaction" in assert_unavailable(lambda: write(engine), capsys)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("use", [read, write])
def test_a_server_that_ends_while_it_is_used(
    server: PostgresServer,
    url: URL,
    capsys: pytest.CaptureFixture[str],
    use: Callable[[Engine], None],
    how: signal.Signals,
) -> None:
    def work() -> None:
        with opened() as engine, engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            server.stop(how)
            connection.execute(text("SELECT 1"))

    assert_unavailable(work, capsys)


def test_a_session_goes_on_after_its_connection_was_lost(
    server: PostgresServer, url: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with opened() as engine, engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            server.stop(signal.SIGQUIT)
            for _ in range(2):  # the second says that a transaction is to be rolled back first
                try:
                    connection.execute(text("SELECT 1"))
                except SQLAlchemyError as error:
                    last = error
            raise last

    assert_unavailable(work, capsys)


@pytest.mark.parametrize(
    ("setting", "statement"),
    [
        ("lock_timeout = '10ms'", "UPDATE \"user\" SET email = 'c' WHERE id = 1"),
        ("statement_timeout = '10ms'", "SELECT pg_sleep(60)"),
        ("statement_timeout = '60s'", "SELECT pg_terminate_backend(pg_backend_pid())"),
        ("statement_timeout = '60s'", "SELECT pg_cancel_backend(pg_backend_pid())"),
    ],
)
def test_a_transaction_that_the_server_ends(
    url: URL, capsys: pytest.CaptureFixture[str], setting: str, statement: str
) -> None:
    def work() -> None:
        with opened() as engine, writing(engine) as session:
            session.execute(text(f"SET {setting}"))
            session.execute(text(statement))

    with opened() as other, writing(other) as session:
        session.execute(text("UPDATE \"user\" SET email = 'd' WHERE id = 1"))
        assert_unavailable(work, capsys)


def test_a_deadlock(url: URL, server: PostgresServer, capsys: pytest.CaptureFixture[str]) -> None:
    update = "UPDATE \"user\" SET email = id || 'e' WHERE id = {}"
    other = server.connect(str(url.database))
    other.cursor().execute("SET deadlock_timeout = '60s'")
    other.cursor().execute(update.format(2))

    def work() -> None:
        with opened() as engine, writing(engine) as session:
            session.execute(text("SET deadlock_timeout = '10ms'"))
            session.execute(text(update.format(1)))
            with ThreadPoolExecutor() as pool:
                waiting = pool.submit(other.cursor().execute, update.format(1))
                while not session.scalar(text(WAITING)):
                    pass
                try:
                    session.execute(text(update.format(2)))
                finally:
                    session.rollback()
                    waiting.result()

    assert "deadlock detected" in assert_unavailable(work, capsys)
    other.close()


def test_a_mistake_is_no_outage(url: URL, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with opened() as engine, writing(engine) as session:
            session.execute(text("SELECT nothing"))

    assert code_of(work, capsys)[0] == EXIT_FAULT
