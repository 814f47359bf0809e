"""The gate of ``make coverage`` counts lines and branches, package by package."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests import coverage_gate

GATES = '[tool.emmaa.coverage]\n"plugins/a" = 75\n"lambdas" = 50\n'


def summary(lines: int, of_lines: int, branches: int, of_branches: int) -> dict[str, object]:
    return {
        "summary": {
            "covered_lines": lines,
            "num_statements": of_lines,
            "covered_branches": branches,
            "num_branches": of_branches,
        }
    }


def test_a_folder_counts_its_own_files_only() -> None:
    files = {
        "plugins/a/one.py": summary(6, 6, 1, 2),
        "plugins/a/room/two.py": summary(2, 2, 0, 2),
        "plugins/ab/other.py": summary(0, 100, 0, 100),
    }
    found = coverage_gate.shares({"files": files}, ["plugins/a", "lambdas"])
    assert found == {"plugins/a": 75.0, "lambdas": 0.0}


@pytest.mark.parametrize(("lines", "code"), [(5, 0), (4, 1)])
def test_a_share_below_its_gate_fails(
    lines: int,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"plugins/a/one.py": summary(3, 4, 3, 4), "lambdas/f.py": summary(lines, 10, 0, 0)}
    (tmp_path / "report.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(GATES, encoding="utf-8")
    monkeypatch.setattr(coverage_gate, "REPOSITORY", tmp_path)
    assert coverage_gate.main(tmp_path / "report.json") == code
    assert ("lambdas" in capsys.readouterr().out.partition("below the gate")[0]) is True


def test_every_gate_names_a_package() -> None:
    text = (coverage_gate.REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    for folder in settings["tool"]["emmaa"]["coverage"]:
        assert list((coverage_gate.REPOSITORY / folder).rglob("*.py")), folder
