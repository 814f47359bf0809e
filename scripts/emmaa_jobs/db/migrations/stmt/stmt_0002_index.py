"""An index by model and day, and room for long model names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "stmt_0002"
down_revision = "stmt_0001"
branch_labels = None
depends_on = None

INDEX = "statement_model_id_date_idx"


def upgrade() -> None:
    """Widen model names and add the index."""
    _resize_model_names(20, 128)
    op.create_index(INDEX, "statement", ["model_id", "date"])


def downgrade() -> None:
    """Back to the original's table."""
    op.drop_index(INDEX, "statement")
    _resize_model_names(128, 20)


def _resize_model_names(old: int, new: int) -> None:
    with op.batch_alter_table("statement") as batch:
        batch.alter_column(
            "model_id",
            type_=sa.String(new),
            existing_type=sa.String(old),
            existing_nullable=False,
        )
