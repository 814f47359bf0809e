"""The quick tests that can notice a change, those nearest to it first."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.changed import select_tests
from tests.mutation.mutants import Mutant, modules
from tests.mutation.recorded_runs import RecordedRuns

#: Tests of whole schedules, stacks and speeds: too slow for each mutant.
_TOO_SLOW = ("tests/faults/", "tests/e2e/", "tests/benchmarks/", "tests/mutation/")
#: Whole rounds and corpora of odd input, which hypothesis makes: a minute and more each.
_ODD = "test_odd_"
#: The maximum number of test files per module; the nearest ones are run.
MOST_FILES = 16
#: The maximum number of tests per line; those of the nearest files are run.
MOST_TESTS = 100


def chosen_tests(repository: Path, mutant: Mutant, runs: RecordedRuns) -> tuple[str, ...]:
    """Return the tests to run for a mutant, the nearest first.

    They are those that ran its line, slow ones only if there are no others, after the files of
    :func:`quick_tests_of` that have changed since the record; or else all those files.
    """
    files = quick_tests_of(repository, mutant.path)
    found = runs.tests_of(mutant.path, mutant.line)
    if not found:
        return files
    changed = [file for file in files if runs.is_older_than(file)]
    found = [test for test in found if test.partition("::")[0] not in changed]
    found = [test for test in found if _is_quick(test.partition("::")[0])] or found
    direct = _importing(repository, mutant.path)
    nearest = sorted(
        found, key=lambda test: _distance(test.partition("::")[0], mutant.path, direct)
    )
    return (*changed, *nearest[:MOST_TESTS])


@cache
def quick_tests_of(repository: Path, path: str) -> tuple[str, ...]:
    """Return the test files to run for a module, the nearest first.

    They are the files that import the module, or else those of the modules that import it; and
    all files in test folders with the name of one of the module's folders, because most tests of
    the jobs run the whole command.
    """
    direct = _quick(_importing(repository, path))
    direct = direct or _quick(select_tests(repository, _importers(repository, path)))
    folders = {part.removeprefix("emmaa_") for part in Path(path).parent.parts}
    found = {*direct, *_in_folders(repository, folders)}
    return tuple(sorted(found, key=lambda test: _distance(test, path, direct))[:MOST_FILES])


def _in_folders(repository: Path, names: set[str]) -> list[str]:
    files = (repository / "tests").rglob("test_*.py")
    tests = (file.relative_to(repository).as_posix() for file in files)
    return [test for test in tests if names & set(Path(test).parts[2:-1]) and _is_quick(test)]


@cache
def _importing(repository: Path, path: str) -> tuple[str, ...]:
    return tuple(select_tests(repository, [path]))


def _quick(tests: Iterable[str]) -> list[str]:
    return [test for test in tests if _is_quick(test)]


def _is_quick(test: str) -> bool:
    return not test.startswith(_TOO_SLOW) and not Path(test).name.startswith(_ODD)


def _distance(test: str, path: str, direct: Collection[str]) -> tuple[bool, bool, bool, str]:
    """Order tests: importers before others, those named after the module first, then unit tests."""
    return test not in direct, Path(path).stem not in test, not test.startswith("tests/unit/"), test


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
