"""Bringing a database to the tables that the code works on, by alembic.

Each database has its own tree of revisions under ``migrations/``. The first revision of a tree
is the original's tables: a database that the original made is taken over from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, inspect

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.engine import (
    connecting,
    current_revision,
    make_engine,
    shown,
    version_table,
    writing,
)
from emmaa_jobs.db.location import DatabaseName
from emmaa_jobs.db.primary_tables import PrimaryBase
from emmaa_jobs.db.statement_tables import StatementBase
from emmaa_jobs.db.upgrade_locks import Turn, in_turn, take_upgrade_lock

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
#: What the original's databases hold, and the revision that equals it.
_ORIGINAL_TABLES: dict[DatabaseName, frozenset[str]] = {
    "primary": frozenset({"user", "query", "user_query", "user_model", "result"}),
    "stmt": frozenset({"statement"}),
}
_TABLES: dict[DatabaseName, list[str]] = {
    "primary": list(PrimaryBase.metadata.tables),
    "stmt": list(StatementBase.metadata.tables),
}
_ORIGINAL_REVISIONS: dict[DatabaseName, str] = {"primary": "primary_0001", "stmt": "stmt_0001"}


@dataclass(frozen=True)
class Migration:
    """The outcome of a migration.

    :param before: the revision it found; None for an empty database
    :param after: the revision it left; None after a downgrade to ``base``
    """

    name: DatabaseName
    before: str | None
    after: str | None


def migrate(
    name: DatabaseName, url: URL, target: str = "head", turn: Turn | None = None
) -> Migration:
    """Take a database up, or down, to a revision.

    :param target: ``head``, ``base`` or a revision
    :param turn: how to wait for others that use the database
    :raises InputError: if the database holds other tables of the same names, or the revision is
        not known.
    :raises SourceUnavailableError: if it cannot be reached, or is in use all the time.
    """
    engine = make_engine(url)
    try:
        with connecting(name, url):
            return _migrate(name, engine, target, turn or Turn())
    finally:
        engine.dispose()


def alembic_config(name: DatabaseName, connection: Connection | None = None) -> Config:
    """Make alembic's configuration for one tree of revisions.

    :param connection: what to migrate; none is needed to look at the revisions themselves
    """
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "database": name})
    # ConfigParser would take a % in a path for an interpolation.
    for option, path in (
        ("script_location", MIGRATIONS),
        ("version_locations", MIGRATIONS / name),
    ):
        config.set_main_option(option, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _migrate(name: DatabaseName, engine: Engine, target: str, turn: Turn) -> Migration:
    tables = [*_TABLES[name], version_table(name)]
    what = f"the {name} database {shown(engine.url)}"
    return in_turn(lambda: _transaction(name, engine, target, turn), engine, tables, turn, what)


def _transaction(name: DatabaseName, engine: Engine, target: str, turn: Turn) -> Migration:
    """Migrate in one transaction, of which a failure leaves nothing."""
    from alembic import command
    from alembic.util import CommandError

    with writing(engine) as session:
        connection = session.connection()
        take_upgrade_lock(connection, turn)
        before = current_revision(connection, name) or _original(name, connection)
        config = alembic_config(name, connection)
        try:
            if before is not None:
                command.stamp(config, before)
            if _is_below(config, target, before):
                command.downgrade(config, target)
            else:
                command.upgrade(config, target)
        except CommandError as error:
            raise InputError(f"the {name} database {shown(engine.url)}: {error}") from error
        return Migration(name, before, current_revision(connection, name))


def _original(name: DatabaseName, connection: Connection) -> str | None:
    """Return the first revision if these are the original's tables; None if there are none."""
    expected = _ORIGINAL_TABLES[name]
    found = expected & set(inspect(connection).get_table_names())
    if found == expected:
        return _ORIGINAL_REVISIONS[name]
    if found:
        raise InputError(
            f"the {name} database {shown(connection.engine.url)} has tables"
            f" {', '.join(sorted(found))} but not {', '.join(sorted(expected - found))}, and no"
            f" {version_table(name)}: it is neither empty nor EMMAA's"
        )
    return None


def _is_below(config: Config, target: str, current: str | None) -> bool:
    from alembic.script import ScriptDirectory

    if target == "base":
        return True
    if target == "head" or current is None:
        return False
    above = ScriptDirectory.from_config(config).iterate_revisions(current, "base")
    return target in [revision.revision for revision in above]
