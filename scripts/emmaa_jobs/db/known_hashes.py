"""The hashes that a query's answers had so far, kept only in its newest answers.

The original stores in each answer the hashes of all answers before it, so that its table grows
with the square of time (docs/reference/query-answers.md#news). They are read from the newest
answer, by the web service too, and from the one before it if the newest round is answered again.
Older ones are made of the answers themselves when a past round is answered again.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from emmaa_jobs.db.odd_rows import hashes_of, readable_rows, warn_unreadable
from emmaa_jobs.db.primary_tables import ResultRow
from emmaa_jobs.db.result_selection import NEWEST_FIRST

#: So many of the newest answers of a query by one model type keep ``all_result_hashes``.
KEPT_LISTS = 2


def known_hashes(session: Session, condition: ColumnElement[bool]) -> list[str]:
    """Return the hashes of all answers that meet a condition and can be read, in order."""
    rows = select(ResultRow.result_json, ResultRow.all_result_hashes).where(condition)
    known: set[str] = set()
    for response, hashes in readable_rows(session, rows, ResultRow.id, warn_unreadable):
        known.update(response if isinstance(response, dict) else (), listed(hashes))
    return sorted(known)


def listed(hashes: object) -> list[str]:
    """Return an answer's ``all_result_hashes``; none if it is not a list of hashes."""
    try:
        return hashes_of(hashes)
    except TypeError:
        return []


def keep_newest_lists(session: Session, query_hash: int, mc_type: str) -> None:
    """Empty the lists of all but the newest answers to a query by one model type.

    What an older answer's list had and a newer one's lacks is added to it: it may be of a past
    round that was answered again. A list that cannot be read is emptied, too.
    """
    same = (ResultRow.query_hash == query_hash, ResultRow.mc_type == mc_type)
    ids = select(ResultRow.id).where(*same).order_by(*NEWEST_FIRST).limit(KEPT_LISTS)
    kept = set(session.scalars(ids))
    rows = (
        select(ResultRow.id, ResultRow.all_result_hashes)
        .where(*same, ResultRow.all_result_hashes != [])
        .order_by(*NEWEST_FIRST)
    )
    lists: dict[int, list[str]] = {}

    def empty(row_id: int, reason: str) -> None:
        warn_unreadable(row_id, reason)
        lists[row_id] = []

    known: set[str] = set()
    for row_id, hashes in reversed(readable_rows(session, rows, ResultRow.id, empty)):
        known.update(listed(hashes))
        now = sorted(known) if row_id in kept else []
        if now != hashes:
            lists[row_id] = now
    for row_id, hashes in lists.items():
        chosen = update(ResultRow).where(ResultRow.id == row_id)
        session.execute(chosen.values(all_result_hashes=hashes))
