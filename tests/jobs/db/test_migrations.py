"""Migrations: up, down, and over what the original made."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, inspect, text

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.engine import HEADS, database_engine, make_engine, version_table, writing
from emmaa_jobs.db.location import DATABASE_NAMES, DatabaseName
from emmaa_jobs.db.migrate import alembic_config, migrate
from emmaa_jobs.db.primary_tables import PrimaryBase
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_tables import StatementBase
from upgrade_database import main

METADATA = {"primary": PrimaryBase.metadata, "stmt": StatementBase.metadata}


@pytest.mark.parametrize("name", DATABASE_NAMES)
def test_code_works_on_the_newest_revision(name: DatabaseName) -> None:
    assert ScriptDirectory.from_config(alembic_config(name)).get_heads() == [HEADS[name]]


@pytest.mark.parametrize("name", DATABASE_NAMES)
def test_migrated_database_has_the_tables_of_the_code(
    name: DatabaseName, urls: dict[str, URL]
) -> None:
    migrate(name, urls[name])
    engine = database_engine(name)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": version_table(name), "compare_type": True}
        )
        assert compare_metadata(context, METADATA[name]) == []
    engine.dispose()


@pytest.mark.parametrize("name", DATABASE_NAMES)
def test_every_revision_can_be_undone_and_done_again(
    name: DatabaseName, urls: dict[str, URL]
) -> None:
    first = f"{name}_0001"
    assert migrate(name, urls[name]).before is None
    assert migrate(name, urls[name], first).after == first
    assert migrate(name, urls[name]).after == HEADS[name]
    assert migrate(name, urls[name], "base").after is None
    assert _tables(urls[name]) == {version_table(name)}
    assert migrate(name, urls[name]).after == HEADS[name]


def test_rows_survive_down_and_up(urls: dict[str, URL], queries: QueryDatabase) -> None:
    ada = queries.add_user("ada@example.org")
    queries.register_query(7, "rasmodel", {"type": "path_property"}, "path_property", ada, True)
    migrate("primary", urls["primary"], "primary_0001")
    migrate("primary", urls["primary"])
    assert [query.hash for query in queries.subscribed_queries("rasmodel")] == [7]


def test_database_of_the_original_is_taken_over(urls: dict[str, URL]) -> None:
    migrate("primary", urls["primary"], "primary_0001")
    engine = make_engine(urls["primary"])
    with writing(engine) as session:
        session.execute(text(f"DROP TABLE {version_table('primary')}"))
        session.execute(text("INSERT INTO \"user\" (id, email) VALUES (5, 'ada@example.org')"))
    engine.dispose()

    done = migrate("primary", urls["primary"])

    assert (done.before, done.after) == ("primary_0001", HEADS["primary"])
    engine = database_engine("primary")
    assert QueryDatabase(engine).add_user("ada@example.org") == 5
    engine.dispose()


def test_foreign_tables_are_refused_and_left_alone(urls: dict[str, URL]) -> None:
    engine = make_engine(urls["primary"])
    with writing(engine) as session:
        session.execute(text("CREATE TABLE query (a INTEGER)"))
    engine.dispose()
    with pytest.raises(InputError, match="has tables query but not result"):
        migrate("primary", urls["primary"])
    assert _tables(urls["primary"]) == {"query"}


def test_unknown_revision_is_named(urls: dict[str, URL]) -> None:
    with pytest.raises(InputError, match="stmt_9999"):
        migrate("stmt", urls["stmt"], "stmt_9999")


def test_failed_migration_leaves_nothing_behind(
    urls: dict[str, URL], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stamp_and_fail(*args: object) -> None:
        original(*args)  # type: ignore[arg-type]
        raise OSError("killed")

    original = command.upgrade
    monkeypatch.setattr(command, "upgrade", stamp_and_fail)
    with pytest.raises(OSError, match="killed"):
        migrate("primary", urls["primary"])
    assert _tables(urls["primary"]) == set()


def test_both_databases_may_share_one(urls: dict[str, URL]) -> None:
    for name in DATABASE_NAMES:
        assert migrate(name, urls["primary"]).after == HEADS[name]
    assert {"statement", "query"} <= _tables(urls["primary"])


def test_script_upgrades_both_and_names_revisions(
    urls: dict[str, URL], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    summary = f"primary at {HEADS['primary']}, stmt at {HEADS['stmt']}"
    assert main([]) == summary
    assert main([]) == summary
    assert "empty -> stmt_0002" in caplog.text
    assert "stmt_0002 -> stmt_0002" in caplog.text


def _tables(url: URL) -> set[str]:
    engine: Engine = make_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
