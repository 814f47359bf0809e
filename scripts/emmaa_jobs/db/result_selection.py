"""Selections of results: older than a round, of a round, and the one that a new one replaces.

The original's table allows a result without a date: it is older than all that have one.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, load_only

from emmaa_cycle.dates import parse_round
from emmaa_jobs.db.primary_tables import ResultRow
from emmaa_jobs.db.records import NewResult

#: Databases put nulls at opposite ends.
NEWEST_FIRST = (ResultRow.date.desc().nulls_last(), ResultRow.id.desc())


def newest_ids(condition: ColumnElement[bool]) -> Select[int]:
    """Ids of the newest results per query and model type."""
    place = func.row_number().over(
        partition_by=(ResultRow.query_hash, ResultRow.mc_type),
        order_by=NEWEST_FIRST,
    )
    ranked = select(ResultRow.id, place.label("place")).where(condition).subquery()
    return select(ranked.c.id).where(ranked.c.place == 1)


def older_than(round_date: str) -> ColumnElement[bool]:
    """Select results older than a round (``<dt>``), by their round or else by their date."""
    moment = parse_round(round_date)
    earlier = or_(ResultRow.date.is_(None), ResultRow.date < moment)
    outside_rounds = and_(ResultRow.round_date.is_(None), earlier)
    return or_(ResultRow.round_date < round_date, outside_rounds)


def not_newer_than(round_date: str) -> ColumnElement[bool]:
    """Select results of a round (``<dt>``) or older."""
    return or_(older_than(round_date), ResultRow.round_date == round_date)


def same_round(session: Session, result: NewResult) -> ResultRow | None:
    """Return the row that a new result replaces: the one of its query, model type and round.

    Its contents are not read, so that an unreadable row is replaced as well.
    """
    if result.round_date is None:
        return None
    return session.scalars(
        select(ResultRow)
        .filter_by(
            query_hash=result.query_hash, mc_type=result.mc_type, round_date=result.round_date
        )
        .options(load_only(ResultRow.id))
    ).one_or_none()
