"""The original's tables (docs/reference/databases.md)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emmaa_jobs.db.types import JSON_DOCUMENT, STRING_LIST

revision = "primary_0001"
down_revision = None
branch_labels = None
depends_on = None

NOW = sa.func.now()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "query",
        sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("model_id", sa.String(20), nullable=False),
        sa.Column("json", JSON_DOCUMENT, nullable=False),
        sa.Column("qtype", sa.String(40)),
        sa.UniqueConstraint("model_id", "json"),
    )
    op.create_table(
        "user_query",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id")),
        sa.Column("query_hash", sa.BigInteger, sa.ForeignKey("query.hash"), nullable=False),
        sa.Column("date", sa.DateTime, server_default=NOW),
        sa.Column("subscription", sa.Boolean, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "user_model",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False),
        sa.Column("model_id", sa.String(20), nullable=False),
        sa.Column("date", sa.DateTime, server_default=NOW),
        sa.Column("subscription", sa.Boolean, nullable=False),
    )
    op.create_table(
        "result",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("query_hash", sa.BigInteger, sa.ForeignKey("query.hash"), nullable=False),
        sa.Column("date", sa.DateTime, server_default=NOW),
        sa.Column("result_json", JSON_DOCUMENT, nullable=False),
        sa.Column("mc_type", sa.String(20)),
        sa.Column("all_result_hashes", STRING_LIST),
        sa.Column("delta", STRING_LIST),
    )


def downgrade() -> None:
    """Drop the tables, dependants first."""
    for table in ("result", "user_model", "user_query", "query", "user"):
        op.drop_table(table)
