"""Files of JSON documents, one a line, whose writer may be killed at any time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def whole_lines(file: Path) -> list[dict[str, Any]]:
    """Return the JSON documents of a file's lines; none without a file.

    The last line is left out if the writer was killed before its end.
    """
    if not file.exists():
        return []
    text = file.read_text()
    complete, _, partial = text.rpartition("\n")
    if partial:
        # What comes next must not continue the broken line.
        file.write_text(f"{complete}\n" if complete else "")
    return [json.loads(line) for line in complete.splitlines() if line]
