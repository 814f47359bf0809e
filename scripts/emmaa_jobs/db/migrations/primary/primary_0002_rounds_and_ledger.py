"""Rounds of results, the ledger of notifications, and room for long model names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "primary_0002"
down_revision = "primary_0001"
branch_labels = None
depends_on = None

ONE_ANSWER_A_ROUND = "result_query_hash_mc_type_round_date_key"


def upgrade() -> None:
    """Widen model names, add ``result.round_date`` and the table ``notification``."""
    _resize_model_names(20, 128)
    with op.batch_alter_table("result") as batch:
        batch.add_column(sa.Column("round_date", sa.String(19)))
        batch.create_unique_constraint(ONE_ANSWER_A_ROUND, ["query_hash", "mc_type", "round_date"])
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(128), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("mail", sa.String(32), nullable=False, index=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message_id", sa.String(200)),
        sa.Column("error", sa.Text),
        sa.Column("reserved_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
    )
    op.create_index(None, "notification", ["kind", "scope", "status"])


def downgrade() -> None:
    """Back to the original's tables."""
    op.drop_table("notification")
    with op.batch_alter_table("result") as batch:
        batch.drop_constraint(ONE_ANSWER_A_ROUND, type_="unique")
        batch.drop_column("round_date")
    _resize_model_names(128, 20)


def _resize_model_names(old: int, new: int) -> None:
    for table in ("query", "user_model"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                "model_id",
                type_=sa.String(new),
                existing_type=sa.String(old),
                existing_nullable=False,
            )
