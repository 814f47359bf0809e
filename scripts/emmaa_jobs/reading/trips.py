"""The reader ``trips``: extraction knowledge bases (EKB, XML) of TRIPS/DRUM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emmaa_jobs.reading.file_reader import FileReader
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement


class Trips(FileReader):
    """TRIPS EKB files."""

    def parse(self, text: str) -> list[Statement]:
        """The statements of an EKB.

        :raises BrokenOutputError: if it is not XML, or not an EKB.
        """
        from indra.sources.trips import process_xml

        processor = process_xml(text)
        if processor is None:
            raise BrokenOutputError("it is not XML")
        if processor.tree.tag != "ekb":
            raise BrokenOutputError(f"it is XML, but <{processor.tree.tag}>, not a TRIPS <ekb>")
        for statement in processor.statements:
            for evidence in statement.evidence:
                # INDRA puts the document's id here, which is whatever the reading was called.
                evidence.pmid = None
                evidence.text_refs.pop("PMID", None)
        statements: list[Statement] = processor.statements
        return statements
