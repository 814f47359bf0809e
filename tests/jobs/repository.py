"""The paths of the repository and its scripts."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
#: The names of all scripts, as modules.
SCRIPTS = sorted(path.stem for path in (REPOSITORY / "scripts").glob("*.py"))
