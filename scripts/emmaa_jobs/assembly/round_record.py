"""The assembly's part of the overview (docs/reference/overview.md)."""

from __future__ import annotations

from emmaa_cycle.stages import Stage
from emmaa_jobs.assembly.manager import ManagerUpdate
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.overview.stages import assembly_figures


def record_assembly(bucket: Bucket, update: ManagerUpdate) -> str:
    """Record a round's assembly, and return its summary as :func:`record_stage` does."""
    record = update.record
    return record_stage(
        bucket,
        record.model,
        Stage.MM_UPDATE,
        record.date_str,
        lambda: assembly_figures(record, update.raw, update.assembled),
        update.summary,
        left_out=update.left_out,
    )
