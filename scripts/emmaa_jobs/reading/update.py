"""The model update: the model's statements of yesterday and what was read since."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
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
from emmaa_jobs.model.model_file import (
    PaperId,
    encoded_state,
    latest_model,
    load_paper_ids,
    read_statements,
    save_state,
    sorted_papers,
)
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.reading.acceptance import SOURCE
from emmaa_jobs.reading.interface import Window
from emmaa_jobs.reading.literature import ReadingPlan, ReadingResult, read_literature
from emmaa_jobs.reading.registry import reading_pairs, statement_sources
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.identity import reading_hash, without_copies

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StateSize:
    """The size of a model's state.

    :param date_str: its ``<dt>``; empty before a model's first state
    """

    model: str
    date_str: str = ""
    statements: int = 0
    papers: int = 0


@dataclass(frozen=True)
class Update:
    """The outcome of an update.

    :param before: the state that it was made from
    :param updated: the state that it wrote
    """

    before: StateSize
    reading: ReadingResult
    updated: StateSize

    @property
    def new_statements(self) -> int:
        """The number of statements that the new state has in addition."""
        return self.updated.statements - self.before.statements

    @property
    def new_papers(self) -> int:
        """The number of papers that were read for the first time."""
        return self.updated.papers - self.before.papers

    @property
    def summary(self) -> str:
        """One line for the log."""
        found, after = self.reading, self.updated
        left_out = f" {found.left_out.summary};" if found.left_out else ""
        return (
            f"{after.model}: {found.papers} papers read ({self.new_papers} new),"
            f" {len(found.statements)} statements found,"
            f" {self.new_statements} new, {after.statements} in all"
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
    used is left out and listed. The earlier statements pass by one at a time, so memory follows
    what is new.

    :param date_str: the ``<dt>`` of the new state; it follows the newest state before that
    :param since: the first day to read, by default ten days before the last
    :param until: the last day to read, by default the day of ``date_str``
    :raises ModelConfigError: if the config cannot be used.
    """
    config_file = load_config(bucket, model)
    pairs, sources = reading_pairs(config_file), statement_sources(config_file)
    window = Window.upto(until or parse_day(day_of(date_str)), since)
    plan = ReadingPlan(config_file, pairs, window, parse_round(date_str), sources)
    previous = _previous(bucket, model, date_str)
    left_out = LeftOutList()
    papers = _papers(bucket, model, previous, left_out)
    found = read_literature(bucket, plan)

    left_out.extend(config_file.config.left_out_of("search term"))
    earlier = Counted(read_statements(bucket, model, previous, left_out) if previous else ())
    merged = Counted(merge(still_held(earlier, found), found.statements))
    content = encoded_state(merged)
    paper_ids = sorted_papers([*papers, *found.paper_ids])
    found.left_out.extend(left_out)
    found.left_out.save(bucket, model, Stage.MODEL_UPDATE, date_str)
    save_state(bucket, model, date_str, content, paper_ids)
    return Update(
        StateSize(model, previous, earlier.count, len(papers)),
        found,
        StateSize(model, date_str, merged.count, len(paper_ids)),
    )


class Counted(Iterable[EmmaaStatement]):
    """Statements that are counted as they pass."""

    def __init__(self, statements: Iterable[EmmaaStatement]) -> None:
        self._statements = statements
        self.count = 0

    def __iter__(self) -> Iterator[EmmaaStatement]:
        for statement in self._statements:
            self.count += 1
            yield statement


def merge(
    statements: Iterable[EmmaaStatement], found: Iterable[EmmaaStatement]
) -> Iterator[EmmaaStatement]:
    """Add the found statements that are new, without exact copies."""
    return without_copies(itertools.chain(statements, found))


def still_held(
    statements: Iterable[EmmaaStatement], found: ReadingResult
) -> Iterable[EmmaaStatement]:
    """Drop the statements that are no longer in a collection that was read as a whole.

    Readings are never among these: a collection replaces what came with it, and nothing else.
    """
    if not found.collections:
        return statements
    now = {reading_hash(item.stmt): item.metadata for item in found.statements}
    return (
        item
        for item in statements
        if item.metadata.get(SOURCE) not in found.collections
        or now.get(reading_hash(item.stmt)) == item.metadata
    )


def _previous(bucket: Bucket, model: str, date_str: str) -> str:
    try:
        return latest_model(bucket, model, before=date_str).date
    except MissingObjectError:
        logger.info("%s has no state before %s: it starts empty", model, date_str)
        return ""


def _papers(bucket: Bucket, model: str, previous: str, left_out: LeftOutList) -> list[PaperId]:
    if not previous:
        return []
    # Only read where there is no list of papers.
    statements = read_statements(bucket, model, previous, LeftOutList())
    raw = (item.to_json() for item in statements)
    return load_paper_ids(bucket, model, previous, raw, left_out)


def record_update(bucket: Bucket, update: Update) -> str:
    """Record a model update, and return its summary as :func:`record_stage` does."""
    after = update.updated
    return record_stage(
        bucket,
        after.model,
        Stage.MODEL_UPDATE,
        after.date_str,
        lambda: UpdateFigures(
            statements=after.statements,
            new=update.new_statements,
            papers=after.papers,
            new_papers=update.new_papers,
        ),
        update.summary,
        left_out=update.reading.left_out,
    )
