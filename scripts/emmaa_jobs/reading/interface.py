"""The contract between sources and readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.model.model_file import PaperId

if TYPE_CHECKING:
    from indra.statements import Statement

#: The default window of an update: a later update reads what a failed day missed.
WINDOW_DAYS = 10


#: What a reader makes of a sentence: an INDRA statement, or its JSON, which is not checked yet.
Reading: TypeAlias = "Statement | Any"


class BrokenOutputError(InputError):
    """Reader output that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Window:
    """The days whose literature is read, both included.

    :raises InputError: if it ends before it starts.
    """

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise InputError(
                f"the days to read end ({self.until}) before they start ({self.since})"
            )

    @classmethod
    def upto(cls, until: date, since: date | None = None) -> Window:
        """Return the window that ends with a day and by default has the ten days before it."""
        return cls(since or until - timedelta(days=WINDOW_DAYS), until)

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until


@dataclass(frozen=True)
class Paper:
    """A paper that a source found.

    :param where: how messages name it or its file
    :param paper_id: its id of the config's ``reading.main_id_type``; empty if only what is read
        of it can tell
    :param search_terms: the config's terms that found it, as JSON; None if the source does not
        search, so that the terms are looked for in what was read
    :param content: fetches the reader output that the source holds; None if it holds none
    :param problem: why this, found where papers should be, is none
    :param problem_kind: the kind of thing that is left out for that reason
    :param id_problem: why the file's name is no id of a paper; of no matter to a reader whose
        output names papers itself
    :param refs: its ids as the source gives them, by type in capitals (``PMID``, ``DOI``)
    """

    where: str
    paper_id: PaperId = ""
    search_terms: Sequence[dict[str, Any]] | None = None
    content: Callable[[], bytes] | None = None
    problem: str | None = None
    problem_kind: str = "paper"
    id_problem: str | None = None
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """The output of a reader for one paper.

    :param statements: as the reader gave them, with evidence; none is normal. Each is checked by
        itself where it enters a model
    :param names_papers: whether the evidence says itself which paper it is from
    :param problem: why the paper's reader output cannot be used
    :param left_out: parts of it that cannot be used, while the rest can
    """

    paper: Paper
    statements: Sequence[Reading] = ()
    names_papers: bool = False
    problem: str | None = None
    left_out: Sequence[LeftOut] = ()


@dataclass(frozen=True)
class Search:
    """The terms of a search, and the time it covers.

    :param reader: the reader's name, by which sources that hold reader output keep it apart
    """

    bucket: Bucket
    config_file: ConfigFile
    window: Window
    reader: str


class LiteratureSource(Protocol):
    """A source of papers."""

    def papers(self, search: Search) -> Iterator[Paper]:
        """Yield the papers of the window, in an order that does not change.

        :raises SourceUnavailableError: if the source is down: never "no papers".
        """


@dataclass(frozen=True)
class Collection:
    """Statements that are no reading of the model's papers, as one whole.

    What such a source brings takes the place of what it brought before, and of nothing else.

    :param source: names the whole, always the same
    :param metadata: what the config says of its statements
    :param problem: why it cannot be used
    :param left_out: parts of it that cannot be used, while the rest can
    :param whole: whether all of it could be asked for; if not, what it brought before stays
    """

    source: str
    statements: Sequence[Reading]
    metadata: Mapping[str, Any]
    problem: str | None = None
    left_out: Sequence[LeftOut] = ()
    whole: bool = True


class StatementSource(Protocol):
    """A source of statements that belong to none of the model's papers."""

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        """Yield the statements as they are now.

        :raises SourceUnavailableError: if the source is down: never "no statements".
        """


class Reader(Protocol):
    """A reader: extracts statements from papers, or parses the output of a tool that did."""

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        """Read the papers.

        :raises SourceUnavailableError: if a service that it needs is down.
        """
