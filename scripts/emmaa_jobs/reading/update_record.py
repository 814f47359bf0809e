"""The model update's part of the overview (docs/reference/overview.md)."""

from __future__ import annotations

from emmaa_cycle.overview.figures import UpdateFigures
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.reading.update import Update


def record_update(bucket: Bucket, update: Update) -> str:
    """Record a model update, and return its summary as :func:`record_stage` does."""
    after = update.updated
    return record_stage(
        bucket,
        after.model,
        Stage.MODEL_UPDATE,
        after.date_str,
        lambda: UpdateFigures(
            statements=len(after.statements),
            new=len(after.statements) - update.before,
            papers=len(after.paper_ids),
            new_papers=len(after.paper_ids) - update.papers_before,
        ),
        update.summary,
        left_out=update.reading.left_out,
    )
