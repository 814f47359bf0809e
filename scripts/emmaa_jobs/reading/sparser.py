"""The reader ``sparser``: JSON of Sparser, a list of what are nearly INDRA statements."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from emmaa_jobs.indra_setup.look_ups import indra_offline
from emmaa_jobs.reading.file_reader import FileReader, Skip, json_list, no_skip
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


class Sparser(FileReader):
    """Sparser JSON files.

    Sparser also extracts what is no statement (one agent alone, a residue that does not exist):
    such items are counted in the log, as INDRA does.
    """

    def parse(self, text: str, skip: Skip = no_skip) -> list[Statement]:
        """Return the statements of a file.

        :raises BrokenOutputError: if it is not a JSON list.
        """
        if text.lstrip().startswith("<"):
            raise BrokenOutputError(
                "it is XML: let Sparser write JSON, XML needs look-ups in the web"
            )
        statements: list[Statement] = []
        no_statements = 0
        with indra_offline():
            for number, item in enumerate(json_list(text)):
                try:
                    found = _statements(item)
                except Exception as error:  # noqa: BLE001 - INDRA raises whatever comes
                    skip(f"item {number}", f"it is not Sparser's output: {_named(error)}")
                else:
                    statements += found
                    no_statements += not found
        if no_statements:
            logger.info("%d of Sparser's items are not statements", no_statements)
        return statements


def _statements(item: Any) -> list[Statement]:
    from indra.sources.sparser.processor import SparserError, SparserJSONProcessor
    from indra.statements import InvalidResidueError
    from indra.statements.statements import NotAStatementName

    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise TypeError(f"no object with a type: {item!r:.80}")
    processor = SparserJSONProcessor([item])
    processor.get_statements()
    for _, error in processor.extraction_errors:
        if not isinstance(error, SparserError | NotAStatementName | InvalidResidueError):
            raise error
    statements: list[Statement] = processor.statements
    for statement in statements:
        for evidence in statement.evidence:
            if not str(evidence.pmid or "").isdecimal():
                # Sparser puts the name of its input file here.
                evidence.pmid = None
                evidence.text_refs.pop("PMID", None)
    return statements


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
