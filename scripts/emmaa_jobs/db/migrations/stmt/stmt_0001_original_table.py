"""The original's table (docs/reference/databases.md)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emmaa_jobs.db.types import JSON_DOCUMENT

revision = "stmt_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.String(20), nullable=False),
        sa.Column("stmt_hash", sa.BigInteger, nullable=False),
        sa.Column("date", sa.String(10), nullable=False),
        sa.Column("statement_json", JSON_DOCUMENT, nullable=False),
        sa.Column("path_count", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("statement")
