"""Databases that are missing, unreachable or not migrated, and two writers at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import IntegrityError

from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_FAULT, EXIT_UNAVAILABLE
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.logs import FORMAT_VARIABLE
from emmaa_jobs.db.engine import database_engine, make_engine, writing
from emmaa_jobs.db.location import DATABASE_NAMES, DatabaseName, database_url
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.primary_tables import UserRow
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.errors import SourceUnavailableError


def test_location_from_environment() -> None:
    url = database_url("stmt", {"EMMAADBSTMT": "postgresql://ada:pw@db:5432/statements;statement"})
    assert (url.host, url.password, url.database) == ("db", "pw", "statements")


def test_location_from_the_original_file(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "emmaa" / "db_config.ini"
    file.parent.mkdir(parents=True)
    file.write_text(
        "[primary]\ndialect = postgresql\ndriver =\nusername = ada\npassword = a%b@c\n"
        "host = db\nport = 5433\nname = emmaa\ntype = query\n"
    )
    url = database_url("primary", {"HOME": str(tmp_path)})
    assert (url.drivername, url.password, url.port) == ("postgresql", "a%b@c", 5433)
    with pytest.raises(InputError, match="EMMAADBSTMT is not set"):
        database_url("stmt", {"HOME": str(tmp_path)})
    file.write_text("[primary]\nhost = db\n")
    with pytest.raises(InputError, match=r"db_config.ini, section \[primary\].*dialect"):
        database_url("primary", {"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "EMMAADBPRIMARY is not set"),
        ("not a url", "EMMAADBPRIMARY is not a database URL"),
        ("postgresql://ada@db/x;statement", "is of type query"),
        ("postgresql://ada:p@db:port/x", "EMMAADBPRIMARY is not a database URL"),
    ],
)
def test_bad_location_names_the_variable(value: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        database_url("primary", {"EMMAADBPRIMARY": value, "HOME": str(tmp_path)})


@pytest.mark.parametrize("password", ["pw", "s@f;e", "a;b;c", "a/b@c:d", "%41@", "p?q", ";", "@@"])
@pytest.mark.parametrize("kind", ["", ";", ";query"])
def test_a_password_may_contain_what_separates_the_url(password: str, kind: str) -> None:
    text = f"postgresql://ada:{password}@db:5433/emmaa{kind}"
    url = database_url("primary", {"EMMAADBPRIMARY": text})
    assert (url.username, url.password) == ("ada", unquote(password))
    assert (url.host, url.port, url.database) == ("db", 5433, "emmaa")


def test_a_user_may_contain_an_at_sign() -> None:
    text = "postgresql://ada@server:pw@db/emmaa"
    url = database_url("primary", {"EMMAADBPRIMARY": text})
    assert (url.username, url.password, url.host) == ("ada@server", "pw", "db")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ada:geh@im;x@127.0.0.1:1/db",
        "postgresql://ada:geh%40im;x@127.0.0.1:1/db;query",
        "postgresql://ada@127.0.0.1:1/db?password=geh@im;x",
        "postgresql://ada@127.0.0.1:1/db?password=geh%40im%3Bx&sslpassword=geh@im;x",
        "postgresql://ada:geh@im;x@127.0.0.1:1/db;statement",
        "postgresql://ada:geh@im;x@127.0.0.1:x/db",
        "postgresql+none://ada:geh@im;x@127.0.0.1:1/db",
        "mysql://ada:geh@im;x@127.0.0.1:1/db",
        "ada:geh@im;x@127.0.0.1:1",
        "postgresql://ada@127.0.0.1:1/db?passwd=geh@im;x",
        "postgresql://ada@127.0.0.1:1/db?options=-cx%3Dgeh@im;x",
        "postgresql://ada:\udcffgeh@im;x@127.0.0.1:1/db",
        "postgresql://ada:geh@im;x@127.0.0.1:1,127.0.0.1:2/db",
        "host=127.0.0.1 password=geh@im;x",
    ],
)
@pytest.mark.parametrize("format_", ["text", "json"])
def test_no_form_of_a_url_shows_its_password(
    text: str,
    format_: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EMMAADBPRIMARY", text)
    monkeypatch.setenv(FORMAT_VARIABLE, format_)

    def work(_argv: object) -> str:
        engine = database_engine("primary")
        raise AssertionError(engine)

    assert run_job(work, []) in (EXIT_BAD_INPUT, EXIT_UNAVAILABLE)
    said = capsys.readouterr()
    for part in ("geh", "im;x", "im%3Bx"):
        assert part not in said.out + said.err


def test_a_traceback_shows_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database_url("primary", {"EMMAADBPRIMARY": 'postgresql://ada:ge"heim@db/emmaa'})
    for format_ in ("text", "json"):
        monkeypatch.setenv(FORMAT_VARIABLE, format_)
        assert run_job(lambda _argv: str(int(f"{url.password} of {url!r}")), []) == EXIT_FAULT
    said = capsys.readouterr().out
    assert "invalid literal for int() with base 10" in said
    assert "heim" not in said


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ada:secret@db/x",
        "postgresql+none://ada:secret@db/x",
        "sqlite:///emmaa.db?password=secret",
    ],
)
def test_other_databases_are_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(InputError) as raised:
        make_engine(url)
    assert "secret" not in str(raised.value)


def test_not_migrated(urls: dict[str, URL]) -> None:
    with pytest.raises(InputError, match=r"run scripts/upgrade_database\.py"):
        database_engine("primary")


@pytest.mark.parametrize("name", DATABASE_NAMES)
def test_a_database_that_is_not_there_is_bad_input(databases: None, name: DatabaseName) -> None:
    message = rf"\(EMMAADB{name.upper()}\) does not exist: create it, then run scripts/upgrade"
    with pytest.raises(InputError, match=message):
        database_engine(name)
    with pytest.raises(InputError, match=message):
        migrate(name, database_url(name, os.environ))


def test_older_revision(urls: dict[str, URL]) -> None:
    migrate("primary", urls["primary"], "primary_0001")
    with pytest.raises(InputError, match="is at revision primary_0001"):
        database_engine("primary")


def test_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAADBPRIMARY", "postgresql://ada:secret@127.0.0.1:1/x")
    with pytest.raises(SourceUnavailableError, match=r"PRIMARY\) cannot be reached") as raised:
        database_engine("primary")
    assert "secret" not in str(raised.value)


def test_error_rolls_everything_back(urls: dict[str, URL], queries: QueryDatabase) -> None:
    engine = database_engine("primary")

    def fail_half_way() -> None:
        with writing(engine) as session:
            session.add(UserRow(email="ada@example.org"))
            session.flush()
            raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        fail_half_way()
    with engine.connect() as connection:
        assert connection.execute(text('SELECT count(*) FROM "user"')).scalar() == 0
    engine.dispose()


def test_foreign_keys_hold(queries: QueryDatabase) -> None:
    with pytest.raises(IntegrityError):
        queries.add_results([NewResult(1, "pysb", {})])


def test_two_jobs_write_at_once(urls: dict[str, URL], queries: QueryDatabase) -> None:
    for query in range(8):
        queries.register_query(query, "m", {"n": query}, "path_property", None, False)
    engines = [database_engine("primary") for _ in range(4)]

    def work(number: int) -> None:
        database = QueryDatabase(engines[number])
        for query in range(8):
            database.latest_result(query, "pysb")
            database.add_results([NewResult(query, f"mc{number}", {"1": "a"})])

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, range(4)))
    for engine in engines:
        engine.dispose()
    assert [len(queries.results(query)) for query in range(8)] == [4] * 8
