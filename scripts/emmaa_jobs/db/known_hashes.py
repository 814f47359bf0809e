"""The hashes that a query's answers had so far, kept only in its newest answers.

The original stores in each answer the hashes of all answers before it, so that its table grows
with the square of time (docs/reference/query-answers.md#news). They are read from the newest
answer, by the web service too, and from the one before it if the newest round is answered again.
Older ones are made of the answers themselves when a past round is answered again.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, load_only

from emmaa_jobs.db.primary_tables import ResultRow
from emmaa_jobs.db.result_selection import NEWEST_FIRST

#: So many of the newest answers of a query by one model type keep ``all_result_hashes``.
KEPT_LISTS = 2


def known_hashes(session: Session, condition: ColumnElement[bool]) -> list[str]:
    """Return the hashes of all answers that meet a condition, in order."""
    rows = select(ResultRow.result_json, ResultRow.all_result_hashes).where(condition)
    known: set[str] = set()
    for response, hashes in session.execute(rows.execution_options(yield_per=100)):
        known.update(response, hashes or ())
    return sorted(known)


def keep_newest_lists(session: Session, query_hash: int, mc_type: str) -> None:
    """Empty the lists of all but the newest answers to a query by one model type.

    What an older answer's list had and a newer one's lacks is added to it: it may be of a past
    round that was answered again.
    """
    same = (ResultRow.query_hash == query_hash, ResultRow.mc_type == mc_type)
    ids = select(ResultRow.id).where(*same).order_by(*NEWEST_FIRST).limit(KEPT_LISTS)
    kept = set(session.scalars(ids))
    rows = (
        select(ResultRow)
        .where(*same, ResultRow.all_result_hashes != [])
        .order_by(*NEWEST_FIRST)
        .options(load_only(ResultRow.all_result_hashes))
    )
    known: set[str] = set()
    for row in reversed(session.scalars(rows).all()):
        known.update(row.all_result_hashes or ())
        row.all_result_hashes = sorted(known) if row.id in kept else []
