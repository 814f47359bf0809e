"""Figures of stages that have no statistics of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from emmaa_cycle.overview.figures import AssemblyFigures, OtherFigures
from emmaa_cycle.stages import Stage
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.overview.record import record_stage

if TYPE_CHECKING:
    from emmaa_jobs.bucket import Bucket
    from emmaa_jobs.model.manager_record import ManagerRecord


def assembly_figures(
    record: ManagerRecord, raw: int | None = None, assembled: int | None = None
) -> AssemblyFigures:
    """Return the figures of a round's manager.

    :param raw: raw statements; None if unknown
    :param assembled: assembled statements; None if unknown
    """
    config = record.model_config
    return AssemblyFigures(
        title=config.title(record.model),
        model_date=record.model_date,
        raw=raw,
        assembled=assembled,
        corpora=tuple(config.test.test_corpus),
        model_types=tuple(record.assembled_types),
        unassembled=tuple(record.unassembled),
        updated_daily=config.run_daily_update,
        tested_daily=config.run_daily_tests,
    )


def record_counts(
    bucket: Bucket,
    model: str,
    stage: Stage,
    date_str: str,
    counts: Mapping[str, int],
    summary: str,
    *,
    left_out: LeftOutList,
    corpus: str = "",
    shown: str | None = None,
) -> str:
    """Record a stage that has counts alone, as :func:`record_stage` does."""
    return record_stage(
        bucket,
        model,
        stage,
        date_str,
        lambda: OtherFigures(counts=dict(counts)),
        summary,
        left_out=left_out,
        corpus=corpus,
        shown=shown,
    )
