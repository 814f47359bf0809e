"""The commands that README and docs name are there: make's targets, scripts and modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
#: In the text between backticks or in an indented or fenced block.
_MAKE = re.compile(r"(?:^ {4}|^\$ |`)make ([a-z][a-z0-9-]*)", re.MULTILINE)
_SCRIPT = re.compile(r"python (scripts/\w+\.py)")
_MODULE = re.compile(r"python -m (infra(?:\.\w+)+|benchmarks(?:\.\w+)*|tests(?:\.\w+)+)")


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Return what a pattern finds in the pages, each with its page's name."""
    pages = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]
    for page in [*pages, *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        for name in pattern.findall(page.read_text()):
            yield page.name, name


def test_each_make_command_is_a_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    commands = list(found(_MAKE))
    assert {"up", "down", "status", "logs"} <= {name for _, name in commands}
    assert [command for command in commands if command[1] not in targets] == []


def test_each_script_is_there() -> None:
    # What extending.md's recipes make is run by their own tests; X.py stands for any.
    made = "extending.md"
    scripts = [s for s in found(_SCRIPT) if s[0] != made and s[1] != "scripts/X.py"]
    assert scripts
    assert [script for script in scripts if not (REPOSITORY / script[1]).is_file()] == []


def test_each_module_can_be_run() -> None:
    modules = list(found(_MODULE))
    assert modules
    assert [module for module in modules if not _runs(module[1])] == []


def _runs(module: str) -> bool:
    path = REPOSITORY / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
