"""docs/extending.md: its recipes work as they stand, on the jobs' side."""

from __future__ import annotations

from pathlib import Path

from tests.recipes import copy_with_recipes, run_commands


def test_the_commands_of_the_recipes_pass(tmp_path: Path) -> None:
    run_commands(copy_with_recipes(tmp_path), "scripts/.venv/bin/python")
