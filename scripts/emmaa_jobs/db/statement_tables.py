"""The table of the ``stmt`` database (docs/reference/databases.md)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from emmaa_cycle.names import MAX_LENGTH
from emmaa_jobs.db.types import JSON_DOCUMENT, NAMING_CONVENTION


class StatementBase(DeclarativeBase):
    """The base of the tables of the ``stmt`` database."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class StatementRow(StatementBase):
    """An assembled statement of one model on one day (``YYYY-MM-DD``)."""

    __tablename__ = "statement"
    __table_args__ = (Index(None, "model_id", "date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(String(MAX_LENGTH))
    stmt_hash: Mapped[int] = mapped_column(BigInteger)
    date: Mapped[str] = mapped_column(String(10))
    statement_json: Mapped[dict[str, Any]] = mapped_column(JSON_DOCUMENT)
    path_count: Mapped[int] = mapped_column(default=0)
