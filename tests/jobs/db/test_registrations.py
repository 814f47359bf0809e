"""Registrations as they are listed: one for each query of a user."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from emmaa_jobs.db.engine import database_engine, writing
from emmaa_jobs.db.primary_tables import UserQueryRow
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.registrations import Registrations

FIRST, SECOND = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2))


@pytest.mark.parametrize(
    ("rows", "subscribed", "since"),
    [
        (((False, FIRST), (False, SECOND)), False, FIRST),
        (((True, FIRST), (True, SECOND)), True, FIRST),
        (((False, FIRST), (True, SECOND)), True, SECOND),
        (((True, FIRST), (False, SECOND)), True, FIRST),
    ],
)
def test_rows_of_one_query_are_one_registration(
    queries: QueryDatabase,
    rows: tuple[tuple[bool, datetime], ...],
    subscribed: bool,
    since: datetime,
) -> None:
    user = queries.add_user("ada@example.org")
    queries.register_query(1, "ras", {"type": "path_property"}, "path_property", None, False)
    engine = database_engine("primary")
    with writing(engine) as session:
        for subscription, date in rows:
            row = UserQueryRow(user_id=user, query_hash=1, subscription=subscription, count=2)
            row.date = date
            session.add(row)
            session.flush()
    ada, _visitors = Registrations(engine).all()
    engine.dispose()
    (registered,) = ada.queries
    assert (registered.subscribed, registered.since, registered.count) == (subscribed, since, 4)
