"""Import rules for entry points, which import-linter cannot check: they are in no package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from emmaa_cycle.stages import STAGES

SCRIPTS = Path(__file__).parents[2] / "scripts"
ENTRY_POINTS = sorted(path.name for path in SCRIPTS.glob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of all imports of a file, also those inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_an_entry_point_knows_nothing_of_airflow(name: str) -> None:
    above = {"airflow", "dags", "emmaa_airflow", "infra", "lambdas"}

    assert imported(SCRIPTS / name) & above == set()


def test_every_stage_has_its_entry_point() -> None:
    assert {spec.script for spec in STAGES.values()} <= set(ENTRY_POINTS)
