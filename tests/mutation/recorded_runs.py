"""The tests that run a line, as ``make coverage`` has recorded them."""

from __future__ import annotations

import ast
import re
from functools import cache, partial
from pathlib import Path

from coverage import CoverageData

#: pyproject.toml, ``[tool.coverage.run]``, has the same.
DATA_FILE = Path(".emmaa") / "coverage"


class RecordedRuns:
    """The lines that each test has run.

    :param repository: the one whose record is read, if it has one
    """

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        file = repository / DATA_FILE
        self._moment = file.stat().st_mtime if file.exists() else 0.0
        self._data = CoverageData(str(file), no_disk=not file.exists())
        self._data.read()
        self._test = cache(partial(_test, repository))

    def tests_of(self, path: str, line: int) -> list[str]:
        """Return the tests that ran a line, each as ``file::function``.

        There are none for a line that runs when its module is imported, and for a module that has
        changed since.

        :param path: the module's file, relative to the repository
        """
        module = self._repository / path
        if module.stat().st_mtime > self._moment:
            return []
        contexts = self._data.contexts_by_lineno(path)
        first = _statement_line(module.read_text(encoding="utf-8"), line)
        names = {name for each in {line, first} for name in contexts.get(each, [])}
        tests = (self._test(name) for name in sorted(names))
        return [test for test in tests if test]


def _test(repository: Path, context: str) -> str:
    """Return the test of a context, such as ``tests.unit.test_a.test_b``; empty if it is gone."""
    module, _, function = context.rpartition(".")
    file = repository / (module.replace(".", "/") + ".py")
    if not function.startswith("test_") or not file.is_file():
        return ""
    defined = re.search(rf"^def {function}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    return f"{file.relative_to(repository).as_posix()}::{function}" if defined else ""


def _statement_line(source: str, line: int) -> int:
    """Return the first line of the innermost statement that a line belongs to."""
    statements = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt))
    around = [node for node in statements if node.lineno <= line <= (node.end_lineno or 0)]
    return max((node.lineno for node in around), default=line)
