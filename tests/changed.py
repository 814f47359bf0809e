"""List the test files of what changed against a branch: ``make test-changed``.

A test file belongs to a change if it is the changed file, imports the changed module by name, or
names the changed file. Tests of modules further up are left to ``make test``, and so are those that
start a whole Airflow, unless they changed themselves.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
#: Folders on Python's path, by which a module's name is shorter than its file's.
ROOTS = ("plugins/", "scripts/")
#: Files of these folders are loaded by their name, without an import.
ENTRY_POINTS = ("dags", "scripts")
SLOW = ("tests/e2e/", "tests/faults/real/", "tests/faults/stack/")


def changed_files(repository: Path, base: str) -> set[str]:
    """Return the files that differ from where ``base`` was left: committed, staged, or neither.

    :raises subprocess.CalledProcessError: if there is no such branch.
    """
    fork = _git(repository, "merge-base", base, "HEAD")[0]
    tracked = _git(repository, "diff", "--name-only", "--no-renames", fork)
    return {*tracked, *_git(repository, "ls-files", "--others", "--exclude-standard")}


def select_tests(repository: Path, changed: Iterable[str]) -> list[str]:
    """Return the test files that belong to changed files, sorted."""
    changed = set(changed)
    files = {
        file.relative_to(repository).as_posix(): file.read_text(encoding="utf-8")
        for file in (repository / "tests").rglob("test_*.py")
    }
    found = {name for name in files if name in changed}
    modules = {_module(path) for path in changed if path.endswith(".py")}
    mentions = _mentions(changed)
    below = tuple(path.removesuffix("conftest.py") for path in changed if _is_conftest(path))
    for name, text in files.items():
        if name.startswith(SLOW):
            continue
        if name.startswith(below) or mentions.search(text) or modules & _imports(text):
            found.add(name)
    return sorted(found)


def _git(repository: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(repository), *words], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()


def _is_conftest(path: str) -> bool:
    return path.startswith("tests/") and path.endswith("/conftest.py")


def _module(path: str) -> str:
    for root in ROOTS:
        path = path.removeprefix(root)
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _mentions(changed: Iterable[str]) -> re.Pattern[str]:
    """Match the names by which tests open changed files that nothing imports."""
    paths = [Path(path) for path in changed if not path.startswith("tests/")]
    names = {path.name for path in paths if path.suffix != ".py"}
    names |= {path.stem for path in paths if str(path.parent) in ENTRY_POINTS}
    alternatives = "|".join(re.escape(name) for name in sorted(names))
    return re.compile(rf"(?<![\w.-])(?:{alternatives})(?![\w-])" if names else r"(?!)")


@cache
def _imports(text: str) -> frozenset[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(modules)


if __name__ == "__main__":
    print(*select_tests(REPOSITORY, changed_files(REPOSITORY, sys.argv[1])))
