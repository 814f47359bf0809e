"""News for a user's mails: their selection, and rows of which an unreadable one costs itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from emmaa_jobs.db.odd_rows import NOT_OF_ITS_TYPE, Unreadable, hashes_of, readable_rows
from emmaa_jobs.db.primary_tables import QueryRow, ResultRow, UserQueryRow
from emmaa_jobs.db.records import QueryNews, StoredQuery
from emmaa_jobs.db.result_selection import newest_ids, not_newer_than

logger = logging.getLogger(__name__)

#: What selects news: query, id of the result, model type, date, round and delta.
Rows = Select[QueryRow, int, str | None, datetime | None, str | None, list[str] | None]
#: The date of an answer that has none, which the original's table allows.
NEVER = datetime.min.replace(tzinfo=UTC)


def read_news(
    engine: Engine | Connection,
    user_id: int,
    up_to: str | None,
    since: datetime | None,
    unreadable: Unreadable,
) -> list[QueryNews]:
    """Return a user's answers that can be read and hold anything new, in order.

    :param up_to: only answers up to this round (``<dt>``)
    :param since: only answers from this moment on
    :param unreadable: is called for each row that cannot be read
    """
    rows = _rows(user_id, up_to, since)
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


def _rows(user_id: int, up_to: str | None, since: datetime | None) -> Rows:
    """Select the answers to a user's subscribed queries, the oldest first of each query and type.

    These are all answers since the user subscribed, and of those before, the newest one of each
    query and model type.
    """
    begun = _subscriptions(user_id).subquery()
    condition: ColumnElement[bool] = ResultRow.query_hash.in_(select(begun.c.query_hash))
    if up_to is not None:
        condition = and_(condition, not_newer_than(up_to))
    heard = or_(
        begun.c.date.is_(None),
        ResultRow.date >= begun.c.date,
        ResultRow.id.in_(newest_ids(condition)),
    )
    rows = (
        select(
            QueryRow,
            ResultRow.id,
            ResultRow.mc_type,
            ResultRow.date,
            ResultRow.round_date,
            ResultRow.delta,
        )
        .select_from(ResultRow)
        .join(QueryRow, QueryRow.hash == ResultRow.query_hash)
        .join(begun, begun.c.query_hash == ResultRow.query_hash)
        .where(condition, heard)
        .order_by(
            QueryRow.model_id,
            QueryRow.hash,
            ResultRow.mc_type,
            ResultRow.date.nulls_first(),
            ResultRow.id,
        )
    )
    return rows if since is None else rows.where(ResultRow.date >= since)


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


def _subscriptions(user_id: int) -> Select[int, datetime | None]:
    """Return a user's subscribed queries by hash, and when each subscription began."""
    return (
        select(UserQueryRow.query_hash, func.min(UserQueryRow.date).label("date"))
        .where(UserQueryRow.user_id == user_id, UserQueryRow.subscription)
        .group_by(UserQueryRow.query_hash)
    )
