"""docs/extending.md: its recipes work as they stand, on Airflow's side."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes import changed, changes, copy_with_recipes, run_commands


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with all recipes applied."""
    return copy_with_recipes(tmp_path_factory.mktemp("extended"))


def test_the_commands_of_the_recipes_pass(extended: Path) -> None:
    run_commands(extended, ".venv/bin/python")


def test_the_code_of_the_recipes_keeps_the_style(extended: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    assert ruff
    done = subprocess.run([ruff, "check", "--no-cache", "."], cwd=extended, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


def test_a_diff_changes_what_stands_once() -> None:
    assert changed("a\nb\nc\n", [" a", "-b", "+B", "+B2"]) == "a\nB\nB2\nc\n"


@pytest.mark.parametrize("text", ["c\n", "a\na\n"])
def test_a_diff_whose_place_is_not_there_once_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not once"):
        changed(text, [" a", "+b"])


def test_a_fence_belongs_to_the_file_named_last() -> None:
    page = "In `a/b.py` and `c/d.py`:\n\n   ```diff\n    x\n   +y\n   ```\n"
    page += "A new\nfile `e/f.py`:\n```python\nz\n```\n"

    assert [*changes(page)] == [("c/d.py", [" x", "+y"], ""), ("e/f.py", None, "z\n")]
