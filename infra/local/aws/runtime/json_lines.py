"""Files of JSON documents, one a line, whose writer may be killed at any time."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


def whole_lines(file: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file's lines; none without a file.

    The last line is left out if the writer was killed before its end, and any other that is no
    JSON object, such as what a crash of the machine leaves, is logged and left out.
    """
    if not file.exists():
        return []
    text = file.read_text(errors="replace")
    complete, _, partial = text.rpartition("\n")
    if partial:
        # What comes next must not continue the broken line.
        file.write_text(f"{complete}\n" if complete else "")
    found = []
    for number, line in enumerate(complete.split("\n"), 1):
        try:
            document = json.loads(line) if line else None
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            found.append(document)
        elif line:
            logger.error("line %d of %s is no JSON object and is left out", number, file)
    return found
