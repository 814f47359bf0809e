"""The model update: the model's statements of yesterday and what was read since."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from emmaa_cycle.dates import day_of, parse_day, parse_round
from emmaa_cycle.overview.figures import UpdateFigures
from emmaa_cycle.s3_layout import model_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.model.model_file import ModelFile, latest_model, load_model, sorted_papers
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.reading.acceptance import SOURCE
from emmaa_jobs.reading.interface import Window
from emmaa_jobs.reading.literature import ReadingPlan, ReadingResult, read_literature
from emmaa_jobs.reading.registry import reading_pairs, statement_sources
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.identity import reading_hash, without_copies

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Update:
    """The outcome of an update.

    :param before: the number of statements that the model had
    :param updated: the model as it is now
    """

    before: int
    papers_before: int
    reading: ReadingResult
    updated: ModelFile

    @property
    def summary(self) -> str:
        """One line for the log."""
        found, after = self.reading, self.updated
        left_out = f" {found.left_out.summary};" if found.left_out else ""
        return (
            f"{after.model}: {found.papers} papers read"
            f" ({len(after.paper_ids) - self.papers_before} new),"
            f" {len(found.statements)} statements found,"
            f" {len(after.statements) - self.before} new, {len(after.statements)} in all"
            f" ({found.fixed} repaired, {found.dropped} invalid);{left_out}"
            f" wrote {model_key(after.model, after.date_str)}"
        )


def update_model(
    bucket: Bucket,
    model: str,
    date_str: str,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Update:
    """Read the window's literature into the model and write its new state.

    It is also written if nothing is new: the day's cycle goes on. Reader output that cannot be
    used is left out and listed.

    :param date_str: the ``<dt>`` of the new state; it follows the newest state before that
    :param since: the first day to read, by default ten days before the last
    :param until: the last day to read, by default the day of ``date_str``
    :raises ModelConfigError: if the config cannot be used.
    """
    config_file = load_config(bucket, model)
    pairs, sources = reading_pairs(config_file), statement_sources(config_file)
    window = Window.upto(until or parse_day(day_of(date_str)), since)
    plan = ReadingPlan(config_file, pairs, window, parse_round(date_str), sources)
    left_out = LeftOutList()
    previous = _previous(bucket, model, date_str, left_out)
    found = read_literature(bucket, plan)
    updated = ModelFile(
        model,
        date_str,
        merge(still_held(previous.statements, found), found.statements),
        sorted_papers([*previous.paper_ids, *found.paper_ids]),
    )
    found.left_out.extend(left_out)
    found.left_out.save(bucket, model, Stage.MODEL_UPDATE, date_str)
    updated.save(bucket)
    return Update(len(previous.statements), len(previous.paper_ids), found, updated)


def merge(
    statements: Sequence[EmmaaStatement], found: Sequence[EmmaaStatement]
) -> list[EmmaaStatement]:
    """Add the found statements that are new, without exact copies."""
    return without_copies([*statements, *found])


def still_held(
    statements: Sequence[EmmaaStatement], found: ReadingResult
) -> Sequence[EmmaaStatement]:
    """Drop the statements that are no longer in a collection that was read as a whole.

    Readings are never among these: a collection replaces what came with it, and nothing else.
    """
    if not found.collections:
        return statements
    now = {reading_hash(item.stmt): item.metadata for item in found.statements}
    return [
        item
        for item in statements
        if item.metadata.get(SOURCE) not in found.collections
        or now.get(reading_hash(item.stmt)) == item.metadata
    ]


def _previous(bucket: Bucket, model: str, date_str: str, left_out: LeftOutList) -> ModelFile:
    try:
        newest = latest_model(bucket, model, before=date_str)
    except MissingObjectError:
        logger.info("%s has no state before %s: it starts empty", model, date_str)
        return ModelFile(model, date_str, [], [])
    return load_model(bucket, model, newest.date, left_out)


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
