"""The tests that run a line are found in what coverage has recorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.recorded_runs import RecordedRuns
from tests.mutation.selection import chosen_tests

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDING = REPOSITORY / "tests" / "recorded_tests.py"
MODULE = "plugins/emmaa_cycle/limits.py"
SOURCE = """\
LIMIT = 10
def is_over(
    a: int,
) -> bool:
    if a > LIMIT:
        return bool(
            a
        )
    return False
class Limits:
    least = 1
"""
TESTS = """\
import pytest
from hypothesis import given, strategies as st
from emmaa_cycle.limits import is_over
@pytest.fixture
def over():
    return is_over(11)
@pytest.mark.parametrize("a", [11, 12])
def test_over(a):
    assert is_over(a)
def test_under():
    assert not is_over(1)
def test_by_fixture(over):
    assert over
@given(st.integers(max_value=10))
def test_many(a):
    assert not is_over(a)
"""
CONFTEST = "from tests.recorded_tests import pytest_runtest_logstart\n"


def _named(*names: str) -> list[str]:
    return [f"tests/unit/test_limits.py::test_{name}" for name in names]


ALL = _named("by_fixture", "many", "over", "under")


def _coverage_settings() -> str:
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^\[tool\.coverage\.run\]\n(?:.+\n)+", text, re.MULTILINE)
    assert found is not None
    return found[0]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose tests ran with coverage, as this one's do."""
    folder = tmp_path_factory.mktemp("repository")
    files = {
        "plugins/emmaa_cycle/__init__.py": "",
        MODULE: SOURCE,
        "conftest.py": CONFTEST,
        "tests/recorded_tests.py": RECORDING.read_text(encoding="utf-8"),
        "tests/unit/test_limits.py": TESTS,
        "pyproject.toml": _coverage_settings(),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / ".emmaa").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(folder / "plugins")}
    run = ["run", "-m", "pytest", "-q", "--import-mode=importlib", "-o", "pythonpath=.", "tests"]
    for words in (run, ["combine", "--quiet"]):
        command = [sys.executable, "-m", "coverage", *words]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return folder


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (5, ALL),
        (6, _named("by_fixture", "over")),
        (7, _named("by_fixture", "over")),
        (9, _named("many", "under")),
        (3, ALL),  # the signature
        (1, ALL),  # a constant
        (11, []),
    ],
)
def test_a_line_has_the_tests_that_it_concerns(
    repository: Path, line: int, tests: list[str]
) -> None:
    assert RecordedRuns(repository).tests_of(MODULE, line) == tests


def test_a_mutant_is_tried_by_them_or_by_the_files_that_import_its_module(
    repository: Path,
) -> None:
    runs = RecordedRuns(repository)
    assert chosen_tests(repository, Mutant(MODULE, "AddNot", 0, 5), runs) == tuple(ALL)
    of_field = chosen_tests(repository, Mutant(MODULE, "NumberReplacer", 1, 11), runs)
    assert of_field == ("tests/unit/test_limits.py",)


def test_a_file_of_tests_that_has_changed_since_is_tried_whole(repository: Path) -> None:
    file = repository / "tests" / "unit" / "test_limits.py"
    recorded = file.stat().st_mtime
    os.utime(file, (recorded + 1000, recorded + 1000))
    try:
        found = chosen_tests(repository, Mutant(MODULE, "AddNot", 0, 5), RecordedRuns(repository))
    finally:
        os.utime(file, (recorded, recorded))
    assert found == ("tests/unit/test_limits.py",)


def test_a_module_that_has_changed_since_has_all_tests_that_ran_it(repository: Path) -> None:
    module = repository / MODULE
    recorded = module.stat().st_mtime
    os.utime(module, (recorded + 1000, recorded + 1000))
    try:
        assert RecordedRuns(repository).tests_of(MODULE, 9) == ALL
    finally:
        os.utime(module, (recorded, recorded))


def test_tests_that_are_gone_do_not_count(repository: Path) -> None:
    file = repository / "tests" / "unit" / "test_limits.py"
    file.write_text(TESTS.replace("test_under", "test_renamed"), encoding="utf-8")
    try:
        assert RecordedRuns(repository).tests_of(MODULE, 5) == _named("by_fixture", "many", "over")
    finally:
        file.write_text(TESTS, encoding="utf-8")


def test_without_a_record_no_line_has_tests(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("a = 1\n")
    assert RecordedRuns(tmp_path).tests_of("module.py", 1) == []
