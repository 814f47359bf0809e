"""The reader ``reach``: JSON (FRIES) of REACH, with events, entities and sentences in one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emmaa_jobs.reading.file_reader import FileReader
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

_PARTS = ("events", "entities", "sentences")


class Reach(FileReader):
    """REACH JSON files."""

    def parse(self, text: str) -> list[Statement]:
        """The statements of a REACH document.

        :raises BrokenOutputError: if it is not JSON, or lacks a part.
        """
        _check_parts(text)
        from indra.sources.reach import process_json_str

        statements: list[Statement] = process_json_str(text).statements
        return statements


def _check_parts(text: str) -> None:
    # INDRA finds no statement in a document that lacks a part, and says nothing.
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BrokenOutputError(f"it is not JSON: {error}") from error
    for part in _PARTS:
        content = document.get(part) if isinstance(document, dict) else None
        if not isinstance(content, dict) or not isinstance(content.get("frames"), list):
            raise BrokenOutputError(f"it is no REACH document: there is no list {part}.frames")
