"""The tests that run a line, as ``make coverage`` has recorded them by tests/recorded_tests.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import TypeGuard

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
        self._exists = cache(partial(_exists, repository))

    def is_older_than(self, path: str) -> bool:
        """Return whether a file has changed since the record was made, or there is no record.

        :param path: the file's path, relative to the repository
        """
        return (self._repository / path).stat().st_mtime > self._moment

    def tests_of(self, path: str, line: int) -> list[str]:
        """Return the tests that a change of a line can concern, each as ``file::function``.

        Those of a module that has changed since are all that ran any of its lines. There are none
        for a class's field.

        :param path: the module's file, relative to the repository
        """
        contexts = self._data.contexts_by_lineno(path)
        lines: Iterable[int] = contexts
        if not self.is_older_than(path):
            module = (self._repository / path).read_text(encoding="utf-8")
            lines = _lines_that_show(ast.parse(module), line)
        tests = {test for each in lines for test in contexts.get(each, [])}
        return [test for test in sorted(tests) if self._exists(test)]


def _exists(repository: Path, test: str) -> bool:
    """Return whether a recorded test, such as ``tests/unit/test_a.py::test_b``, is still there."""
    name, _, function = test.partition("::")
    file = repository / name
    if not function or not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    return re.search(rf"^def {function}\(", text, re.MULTILINE) is not None


def _lines_that_show(module: ast.Module, line: int) -> set[int]:
    """Return the lines that run otherwise if a line is changed.

    They are the line itself and the first of its statement. Signatures and constants run when the
    module is imported: their lines are those of the function, and those that use the constant.
    """
    statements = (node for node in ast.walk(module) if isinstance(node, ast.stmt))
    around = [node for node in statements if node.lineno <= line <= (node.end_lineno or 0)]
    innermost = max(around, key=lambda node: node.lineno, default=None)
    if isinstance(innermost, ast.FunctionDef | ast.AsyncFunctionDef):
        return set(range(innermost.body[0].lineno, (innermost.end_lineno or 0) + 1))
    constants = {node.id for node in ast.walk(innermost or ast.Pass()) if _is_stored(node)}
    if constants and innermost in module.body:
        names = (node for node in ast.walk(module) if isinstance(node, ast.Name))
        return {node.lineno for node in names if node.id in constants}
    return {line, innermost.lineno} if innermost else {line}


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
