"""The quick tests that can notice a change of a module, those nearest to it first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.changed import select_tests
from tests.mutation.mutants import modules

#: Tests of whole schedules, stacks and speeds: too slow for each mutant.
_TOO_SLOW = ("tests/faults/", "tests/e2e/", "tests/benchmarks/", "tests/mutation/")
#: Of a module that nearly all tests import, the nearest so many are run.
MOST_FILES = 12


@cache
def quick_tests_of(repository: Path, path: str) -> tuple[str, ...]:
    """Return the test files to run for a module.

    They are those that import it, or else those of the modules that import it.
    """
    found = _quick(repository, [path]) or _quick(repository, list(_importers(repository, path)))
    return tuple(sorted(found, key=lambda test: _distance(test, path))[:MOST_FILES])


def _quick(repository: Path, paths: list[str]) -> list[str]:
    return [test for test in select_tests(repository, paths) if not test.startswith(_TOO_SLOW)]


def _distance(test: str, path: str) -> tuple[bool, bool, str]:
    """Order tests: those named after the module or its folder, then unit tests, then all others."""
    module = Path(path)
    names = (module.stem, module.parent.name)
    return not any(name in test for name in names), not test.startswith("tests/unit/"), test


def _importers(repository: Path, path: str) -> Iterator[str]:
    name = path.removeprefix("plugins/").removeprefix("scripts/").removesuffix(".py")
    name = name.removesuffix("/__init__").replace("/", ".")
    for other in modules(repository):
        if other != path and name in _imported(repository / other):
            yield other


@cache
def _imported(file: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)
