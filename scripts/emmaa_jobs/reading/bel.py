"""The reader ``bel``: graphs of Biological Expression Language, as PyBEL's node-link JSON.

BEL scripts are not read: their namespaces are files in the web.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from emmaa_jobs.reading.file_reader import FileReader
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

_PARTS = {"graph": dict, "nodes": list, "links": list}


class Bel(FileReader):
    """Node-link JSON files of PyBEL; each edge's citation says which paper it is from."""

    names_papers: ClassVar[bool] = True

    def parse(self, text: str) -> list[Statement]:
        """The statements of a graph; edges that INDRA has no statement for give none.

        :raises BrokenOutputError: if it is no such graph.
        """
        document = _document(text)
        _make_readable_offline(document)
        import pybel
        from indra.sources.bel.processor import PybelProcessor

        processor = PybelProcessor(pybel.from_nodelink(document, check_version=False))
        processor.get_statements()
        statements: list[Statement] = processor.statements
        return statements


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        said = "a BEL script: PyBEL's node-link JSON of it is read" if _is_script(text) else error
        raise BrokenOutputError(f"it is not JSON: {said}") from error
    for part, kind in _PARTS.items():
        content = document.get(part) if isinstance(document, dict) else None
        if not isinstance(content, kind):
            raise BrokenOutputError(
                f"it is no node-link JSON of PyBEL: there is no {kind.__name__} {part}"
            )
    found: dict[str, Any] = document
    return found


def _is_script(text: str) -> bool:
    return any(line.startswith(("SET ", "DEFINE ")) for line in text.splitlines())


def _make_readable_offline(document: dict[str, Any]) -> None:
    """Declare the annotations that edges have: INDRA's own BEL graphs do not.

    Annotations that are defined in the web are taken as they stand.
    """
    graph = document["graph"]
    graph["annotation_url"] = {}
    patterns = graph.setdefault("annotation_pattern", {})
    declared = {*patterns, *graph.get("annotation_list", ())}
    for link in document["links"]:
        for key in link.get("annotations") or ():
            if key not in declared:
                declared.add(key)
                patterns[key] = ".*"
