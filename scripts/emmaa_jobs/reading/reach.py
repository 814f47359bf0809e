"""The reader ``reach``: JSON (FRIES) of REACH, with events, entities and sentences in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emmaa_jobs.indra_setup.look_ups import indra_offline
from emmaa_jobs.reading.culprits import without_culprits
from emmaa_jobs.reading.file_reader import FileReader, Skip, json_document, no_skip
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

#: What others refer to comes first: an event without its sentence cannot be processed.
_PARTS = ("sentences", "entities", "events")
_Frame = tuple[str, int]


class Reach(FileReader):
    """REACH JSON files."""

    def parse(self, text: str, skip: Skip = no_skip) -> list[Statement]:
        """Return the statements of a REACH document.

        :raises BrokenOutputError: if it is not JSON, or lacks a part.
        """
        document = _document(text)
        frames: list[_Frame] = []
        for part in _PARTS:
            for number, frame in enumerate(document[part]["frames"]):
                if isinstance(frame, dict):
                    frames.append((part, number))
                else:
                    skip(f"{part}, frame {number}", f"it is a JSON {type(frame).__name__}")
        with indra_offline():
            found, culprits = without_culprits(frames, lambda kept: _statements(document, kept))
        for (part, number), error in culprits:
            named = document[part]["frames"][number].get("frame-id")
            reason = f"INDRA cannot process it: {type(error).__name__}: {error}"
            skip(f"{part}, frame {number} ({named!r:.80})", reason)
        return found


def _document(text: str) -> dict[str, Any]:
    # INDRA finds no statement in a document that lacks a part, and says nothing.
    document = json_document(text)
    for part in _PARTS:
        content = document.get(part) if isinstance(document, dict) else None
        if not isinstance(content, dict) or not isinstance(content.get("frames"), list):
            raise BrokenOutputError(f"it is not a REACH document: there is no list {part}.frames")
    found: dict[str, Any] = document
    return found


def _statements(document: dict[str, Any], kept: Sequence[_Frame]) -> list[Statement]:
    """Return INDRA's statements of the document with some of its frames."""
    from indra.sources.reach import process_json_str

    frames: dict[str, list[Any]] = {part: [] for part in _PARTS}
    for part, number in kept:
        frames[part].append(document[part]["frames"][number])
    some = {
        **document,
        **{part: {**document[part], "frames": frames[part]} for part in _PARTS},
    }
    statements: list[Statement] = process_json_str(json.dumps(some)).statements
    return statements
