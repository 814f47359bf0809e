"""Rows read one at a time if need be, so that one that cannot be read costs only itself.

The original's tables have rows of many years and of several versions of its code, and PostgreSQL
keeps dates that Python cannot represent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import InstrumentedAttribute, Session

logger = logging.getLogger(__name__)

#: A callback that gets the id of a row that cannot be read, and the reason.
Unreadable = Callable[[int, str], None]
#: The exceptions that a value raises that does not fit its column's type.
NOT_OF_ITS_TYPE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, DataError)


def warn_unreadable(row_id: int, reason: str) -> None:
    """Log that a row cannot be read."""
    logger.warning("row %d cannot be read: %s", row_id, reason)


def readable_rows(
    session: Session,
    rows: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[int],
    unreadable: Unreadable,
) -> list[tuple[Any, ...]]:
    """Return the rows of a query that can be read, in order.

    :param key: the column that identifies a row
    :param unreadable: is called for each other row
    """
    try:
        return [tuple(row) for row in session.execute(rows)]
    except NOT_OF_ITS_TYPE:
        return list(_one_by_one(session, rows, key, unreadable))


def hashes_of(value: object) -> list[str]:
    """Return a stored list of hashes, without the nulls in it; none if it is null.

    :raises TypeError: if it is not a list of hashes
    """
    if not isinstance(value, list | None) or not all(
        isinstance(each, str | int | None) for each in value or ()
    ):
        raise TypeError(f"{value!r:.80} is not a list of hashes")
    return [str(each) for each in value or () if each is not None]


def _one_by_one(
    session: Session,
    rows: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[int],
    unreadable: Unreadable,
) -> Iterator[tuple[Any, ...]]:
    for row_id in session.scalars(rows.with_only_columns(key)).all():
        try:
            yield tuple(session.execute(rows.where(key == row_id)).one())
        except NOT_OF_ITS_TYPE as error:
            unreadable(row_id, f"{type(error).__name__}: {error}")
