"""Rows of news; one that cannot be read costs only itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.orm import Session

from emmaa_jobs.db.odd_rows import NOT_OF_ITS_TYPE, Unreadable, hashes_of, readable_rows
from emmaa_jobs.db.primary_tables import QueryRow, ResultRow
from emmaa_jobs.db.records import QueryNews, StoredQuery

logger = logging.getLogger(__name__)

#: What selects news: query, id of the result, model type, date, round and delta.
Rows = Select[QueryRow, int, str | None, datetime | None, str | None, list[str] | None]
#: The date of an answer that has none, which the original's table allows.
NEVER = datetime.min.replace(tzinfo=UTC)


def read_news(engine: Engine, rows: Rows, unreadable: Unreadable) -> list[QueryNews]:
    """Return the news of the rows that can be read and hold any, in order.

    :param unreadable: is called for each row that cannot be read
    """
    with Session(engine) as session:
        found = readable_rows(session, rows, ResultRow.id, unreadable)
        news = []
        for row in found:
            try:
                news.append(_news(*row))
            except NOT_OF_ITS_TYPE as error:
                unreadable(row[1], f"{type(error).__name__}: {error}")
    return [each for each in news if each.delta]


def stored_query(row: QueryRow) -> StoredQuery:
    """Return a registered query as a record."""
    return StoredQuery(row.hash, row.model_id, row.json, row.qtype or "path_property")


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
    if isinstance(delta, list) and None in delta:
        logger.warning("the delta of result %d has a null, which is ignored", result_id)
    return sorted(set(hashes_of(delta)))
