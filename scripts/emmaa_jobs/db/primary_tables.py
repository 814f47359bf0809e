"""The tables of the ``primary`` database (docs/reference/databases.md).

Beyond the original: ``result.round_date``, which makes answering a round twice harmless, and
``notification``, the ledger of what was sent. Model names are 128 characters wide, as everywhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, MetaData, String, Text, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from emmaa_cycle.names import MAX_LENGTH
from emmaa_jobs.db.types import JSON_DOCUMENT, NAMING_CONVENTION, STRING_LIST, UtcDateTime

ROUND_LENGTH = 19


class PrimaryBase(DeclarativeBase):
    """The base of the tables of the ``primary`` database."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class UserRow(PrimaryBase):
    """A user, by the id that the web service's authentication gave."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String, unique=True)


class QueryRow(PrimaryBase):
    """A query about one model, by its query-model hash."""

    __tablename__ = "query"
    __table_args__ = (UniqueConstraint("model_id", "json"),)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    model_id: Mapped[str] = mapped_column(String(MAX_LENGTH))
    json: Mapped[dict[str, Any]] = mapped_column(JSON_DOCUMENT)
    qtype: Mapped[str | None] = mapped_column(String(40), default="path_property")


class UserQueryRow(PrimaryBase):
    """A user's query: how often it was asked, and whether the user subscribes to it."""

    __tablename__ = "user_query"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    query_hash: Mapped[int] = mapped_column(ForeignKey("query.hash"), type_=BigInteger)
    date: Mapped[datetime | None] = mapped_column(UtcDateTime, server_default=func.now())
    subscription: Mapped[bool]
    count: Mapped[int]


class UserModelRow(PrimaryBase):
    """A user's subscription to a model."""

    __tablename__ = "user_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    model_id: Mapped[str] = mapped_column(String(MAX_LENGTH))
    date: Mapped[datetime | None] = mapped_column(UtcDateTime, server_default=func.now())
    subscription: Mapped[bool]


class ResultRow(PrimaryBase):
    """One answer to a query by one model type.

    ``round_date`` is null where the web service answered, outside any round.
    """

    __tablename__ = "result"
    __table_args__ = (UniqueConstraint("query_hash", "mc_type", "round_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    query_hash: Mapped[int] = mapped_column(ForeignKey("query.hash"), type_=BigInteger)
    date: Mapped[datetime | None] = mapped_column(UtcDateTime, server_default=func.now())
    result_json: Mapped[dict[str, Any]] = mapped_column(JSON_DOCUMENT)
    mc_type: Mapped[str | None] = mapped_column(String(20), default="pysb")
    all_result_hashes: Mapped[list[str] | None] = mapped_column(STRING_LIST, default=list)
    delta: Mapped[list[str] | None] = mapped_column(STRING_LIST, default=list)
    round_date: Mapped[str | None] = mapped_column(String(ROUND_LENGTH))


class NotificationRow(PrimaryBase):
    """One piece of news for one recipient, from its reservation to its end.

    ``key`` is a digest of recipient and item, so that nobody gets the same news twice. ``mail``
    groups the rows that went out together.
    """

    __tablename__ = "notification"
    __table_args__ = (Index(None, "kind", "scope", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    scope: Mapped[str] = mapped_column(String(MAX_LENGTH))
    recipient: Mapped[str] = mapped_column(String(320))
    item: Mapped[str] = mapped_column(Text)
    mail: Mapped[str] = mapped_column(String(32), index=True)
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    message_id: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(Text)
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
