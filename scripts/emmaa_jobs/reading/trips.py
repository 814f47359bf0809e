"""The reader ``trips``: extraction knowledge bases (EKB, XML) of TRIPS/DRUM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emmaa_jobs.indra_setup.look_ups import indra_offline
from emmaa_jobs.reading.culprits import without_culprits
from emmaa_jobs.reading.file_reader import FileReader, Skip, no_skip
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.services.xml_text import XmlTextError, parse_xml

if TYPE_CHECKING:
    from indra.statements import Statement


class Trips(FileReader):
    """TRIPS EKB files."""

    def decode(self, content: bytes) -> str:
        """Return the XML as text; its encoding is the one that it declares.

        :raises BrokenOutputError: if it is not XML, with line and reason.
        """
        from lxml import etree

        try:
            return str(etree.tostring(parse_xml(content), encoding="unicode"))
        except XmlTextError as error:
            raise BrokenOutputError(f"it is not XML: {error}") from error

    def parse(self, text: str, skip: Skip = no_skip) -> list[Statement]:
        """Return the statements of an EKB.

        :raises BrokenOutputError: if it is not XML, or not an EKB.
        """
        try:
            root = parse_xml(text.encode())
        except XmlTextError as error:
            raise BrokenOutputError(f"it is not XML: {error}") from error
        if root.tag != "ekb":
            raise BrokenOutputError(f"it is XML, but <{root.tag}>, not a TRIPS <ekb>")
        with indra_offline():
            # Sentences first: without its sentence no other element can be processed.
            elements = root.xpath("input/*/*") + list(root)
            statements, culprits = without_culprits(elements, lambda kept: _statements(root, kept))
        for element, cause in culprits:
            name = f"<{element.tag} id={element.get('id')!r}>, line {element.sourceline}"
            skip(name, f"INDRA cannot process it: {type(cause).__name__}: {cause}")
        for statement in statements:
            for evidence in statement.evidence:
                # INDRA puts the document's id here, which is whatever the reading was called.
                evidence.pmid = None
                evidence.text_refs.pop("PMID", None)
        return statements


def _statements(root: Any, kept: Sequence[Any]) -> list[Statement]:
    """Return INDRA's statements of the document with some of its elements."""
    from indra.sources.trips import process_xml
    from lxml import etree

    wanted = set(kept)
    copy = etree.Element(root.tag, root.attrib)
    for element in root:
        if element in wanted:
            copy.append(_copied(element, wanted))
    processor = process_xml(etree.tostring(copy, encoding="unicode"))
    if processor is None:
        raise BrokenOutputError("it is not XML that Python's own parser reads")
    statements: list[Statement] = processor.statements
    return statements


def _copied(element: Any, wanted: set[Any]) -> Any:
    from copy import deepcopy

    copy = deepcopy(element)
    if element.tag == "input":
        for part, copied in zip(element, copy, strict=True):
            for item, again in zip(part, list(copied), strict=True):
                if item not in wanted:
                    copied.remove(again)
    return copy
