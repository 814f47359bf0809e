"""The model update: the model's statements of yesterday and what was read since."""

from __future__ import annotations

import logging
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
    State,
    latest_model,
    load_paper_ids,
    save_state,
    sorted_papers,
)
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.reading.interface import Window
from emmaa_jobs.reading.literature import ReadingPlan, ReadingResult, read_literature
from emmaa_jobs.reading.merged_state import merged_state
from emmaa_jobs.reading.registry import reading_pairs, statement_sources
from emmaa_jobs.statements.seal import seal

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
    previous = _previous(bucket, model, date_str)
    left_out = LeftOutList()
    papers = _papers(previous, left_out) if previous else []
    found = read_literature(bucket, plan)

    left_out.extend(config_file.config.left_out_of("search term"))
    merged = merged_state(previous, found, left_out)
    paper_ids = sorted_papers([*papers, *found.paper_ids])
    found.left_out.extend(left_out)
    found.left_out.save(bucket, model, Stage.MODEL_UPDATE, date_str)
    save_state(bucket, model, date_str, merged.content, paper_ids, seal(merged.content))
    return Update(
        StateSize(model, previous.date_str if previous else "", merged.before, len(papers)),
        found,
        StateSize(model, date_str, merged.after, len(paper_ids)),
    )


def _previous(bucket: Bucket, model: str, date_str: str) -> State | None:
    try:
        found = latest_model(bucket, model, before=date_str)
    except MissingObjectError:
        logger.info("%s has no state before %s: it starts empty", model, date_str)
        return None
    return State.read(bucket, model, found.date)


def _papers(previous: State, left_out: LeftOutList) -> list[PaperId]:
    # Only read where there is no list of papers.
    raw = (item.to_json() for item in previous.statements(LeftOutList()))
    return load_paper_ids(previous.bucket, previous.model, previous.date_str, raw, left_out)


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
