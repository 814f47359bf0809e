"""Rows of news, each read for itself: one that cannot be read costs itself.

The original's table has answers of many years and of several versions of its code, and SQLite
keeps any text in any column.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from emmaa_jobs.db.primary_tables import QueryRow, ResultRow
from emmaa_jobs.db.records import QueryNews, StoredQuery

logger = logging.getLogger(__name__)

#: What selects news: query, id of the result, model type, date, round and delta.
Rows = Select[QueryRow, int, str | None, datetime | None, str | None, list[str] | None]
#: Is called with the id of a result that cannot be read, and the reason.
Unreadable = Callable[[int, str], None]
#: The date of an answer that has none, which the original's table allows.
NEVER = datetime.min.replace(tzinfo=UTC)
#: What a column's value raises that is not of the column's type.
_NOT_OF_ITS_TYPE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, DataError)


def warn_unreadable(result_id: int, reason: str) -> None:
    """Log that a result cannot be read."""
    logger.warning("result %d cannot be read: %s", result_id, reason)


def read_news(engine: Engine, rows: Rows, unreadable: Unreadable) -> list[QueryNews]:
    """Return the news of the rows that can be read and hold any, in order.

    :param unreadable: is called for each row that cannot be read
    """
    try:
        with Session(engine) as session:
            found: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(rows)]
    except _NOT_OF_ITS_TYPE:
        found = list(_one_by_one(engine, rows, unreadable))
    news = []
    for row in found:
        try:
            news.append(_news(*row))
        except _NOT_OF_ITS_TYPE as error:
            unreadable(row[1], f"{type(error).__name__}: {error}")
    return [each for each in news if each.delta]


def stored_query(row: QueryRow) -> StoredQuery:
    """Return a registered query as a record."""
    return StoredQuery(row.hash, row.model_id, row.json, row.qtype or "path_property")


def _one_by_one(engine: Engine, rows: Rows, unreadable: Unreadable) -> Iterator[tuple[Any, ...]]:
    with Session(engine) as session:
        ids = session.scalars(rows.with_only_columns(ResultRow.id)).all()
    for result_id in ids:
        try:
            with Session(engine) as session:
                row = session.execute(rows.where(ResultRow.id == result_id)).one()
                yield tuple(row)
        except _NOT_OF_ITS_TYPE as error:
            unreadable(result_id, f"{type(error).__name__}: {error}")


def _news(
    query: QueryRow,
    result_id: int,
    mc_type: str | None,
    date: datetime | None,
    round_date: str | None,
    delta: Any,
) -> QueryNews:
    return QueryNews(
        stored_query(query), mc_type or "", date or NEVER, round_date, _hashes(result_id, delta)
    )


def _hashes(result_id: int, delta: Any) -> list[str]:
    """Return the hashes of a delta in order; nulls in it are ignored.

    :raises TypeError: if it is no list of hashes.
    """
    if not isinstance(delta, list | None) or not all(
        isinstance(each, str | int | None) for each in delta or ()
    ):
        raise TypeError(f"its delta is {delta!r:.80}, not a list of hashes")
    hashes = {str(each) for each in delta or () if each is not None}
    if delta and None in delta:
        logger.warning("the delta of result %d has a null, which is ignored", result_id)
    return sorted(hashes)
