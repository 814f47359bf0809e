"""Taking the locks of an upgrade without keeping others out.

A migration needs tables for itself. While it waits for a transaction that is open, such as a
``pg_dump`` or an idle session, PostgreSQL lets nobody else at those tables: they queue behind it.
So an upgrade waits for each lock only for moments, gives up all that it has, and tries again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError

from emmaa_jobs.errors import SourceUnavailableError

T = TypeVar("T")

#: For how long others queue behind an upgrade that waits; milliseconds.
LOCK_MILLISECONDS = 2000
#: The pause in which others have their turn, and how long the upgrade tries altogether; seconds.
PAUSE_SECONDS = 10.0
PATIENCE_SECONDS = 600.0
#: What the advisory lock of upgrades is known by in a database: "emmaa" in ASCII.
UPGRADE_LOCK = 0x656D6D6161
_LOCK_NOT_AVAILABLE = "55P03"
_BLOCKERS = text(
    """
    SELECT DISTINCT a.pid, a.usename, a.application_name, a.state, a.xact_start
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) LEFT JOIN pg_class c ON c.oid = l.relation
    WHERE l.granted AND l.pid <> pg_backend_pid() AND a.datname = current_database()
      AND (c.relname = ANY(:tables)
           OR (l.locktype = 'advisory' AND (l.classid::bigint << 32) + l.objid::bigint = :lock))
    ORDER BY a.xact_start
    """
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """The time that an upgrade waits for its locks.

    :param lock_milliseconds: for how long it waits for one lock
    :param pause: waits between two tries, given seconds
    :param tries: how often it tries
    """

    lock_milliseconds: int = LOCK_MILLISECONDS
    pause: Callable[[float], object] = time.sleep
    tries: int = round(PATIENCE_SECONDS / PAUSE_SECONDS)


def take_upgrade_lock(connection: Connection, turn: Turn) -> None:
    """Let this transaction be the only upgrade, and wait for no lock for long."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{int(turn.lock_milliseconds)}ms'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})


def in_turn(
    upgrade: Callable[[], T], engine: Engine, tables: Collection[str], turn: Turn, what: str
) -> T:
    """Run an upgrade's transaction, again after a pause if a lock is not to be had.

    :param tables: the tables that it changes
    :param what: the database, for messages
    :raises SourceUnavailableError: naming the sessions in the way, if none of the tries succeeds.
    """
    for attempt in range(1, turn.tries + 1):
        try:
            return upgrade()
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
                raise
            blockers = _blockers(engine, tables)
            logger.warning(
                "%s cannot be upgraded while these use its tables: %s (try %d of %d)",
                what, blockers, attempt, turn.tries,
            )  # fmt: skip
        if attempt < turn.tries:
            turn.pause(PAUSE_SECONDS)
    raise SourceUnavailableError(
        f"{what} is in use by {blockers}: end these sessions, or run the upgrade when they are done"
    )


def _blockers(engine: Engine, tables: Collection[str]) -> str:
    """Name the sessions that hold a lock on the tables, longest first."""
    with engine.connect() as connection:
        rows = connection.execute(_BLOCKERS, {"tables": list(tables), "lock": UPGRADE_LOCK}).all()
    return "; ".join(map(_described, rows)) or "a session that has just ended"


def _described(row: Row[Any]) -> str:
    # PostgreSQL shows the details of others' sessions to privileged roles only, and a session that
    # holds an advisory lock may have no transaction.
    details = [row.application_name or "no application name", row.state or "in an unknown state"]
    if row.xact_start:
        details.append(f"since {row.xact_start:%Y-%m-%d %H:%M:%S %z}")
    return f"process {row.pid} of {row.usename} ({', '.join(details)})"
