"""Hold each package's share of lines and branches that tests run: ``make coverage``.

The gates are in pyproject.toml, ``[tool.emmaa.coverage]``, by folder.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


def shares(report: Mapping[str, Any], folders: list[str]) -> dict[str, float]:
    """Return the percentage of lines and branches that ran, by folder.

    :param report: the document of ``coverage json``
    """
    found = {}
    for folder in folders:
        summaries = [
            file["summary"]
            for name, file in report["files"].items()
            if name.startswith(f"{folder}/")
        ]
        ran = sum(one["covered_lines"] + one["covered_branches"] for one in summaries)
        total = sum(one["num_statements"] + one["num_branches"] for one in summaries)
        found[folder] = 100 * ran / total if total else 0.0
    return found


def main(report: Path) -> int:
    """Print each package's share and gate; return 1 if a share is below its gate."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    gates: dict[str, float] = settings["tool"]["emmaa"]["coverage"]
    found = shares(json.loads(report.read_text(encoding="utf-8")), list(gates))
    for folder, gate in gates.items():
        verdict = "" if found[folder] >= gate else "  below the gate"
        print(f"{folder:24} {found[folder]:5.1f} % (gate {gate:g} %){verdict}")
    return int(any(found[folder] < gate for folder, gate in gates.items()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
