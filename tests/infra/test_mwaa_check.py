"""The check against MWAA: what it lays out, and that it finds what is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from infra.mwaa import check
from infra.mwaa.check import CheckFailedError, judge, lay_out, main, same_packages
from infra.mwaa.python import find_python
from infra.mwaa.versions import PYTHON, VERSIONS

VERSION = VERSIONS[0]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(
        tmp_path_factory.mktemp("mwaa") / "airflow", VERSION, f'bucket = "{check._BUCKET}"\n'
    )


def good(home: Path) -> dict[str, Any]:
    return {
        "airflow": VERSION,
        "dags": sorted(path.stem for path in (home / "dags").glob("*.py")),
        "dag_errors": {},
        "plugin_errors": {},
        "package": str(home / "plugins" / "emmaa_cycle" / "__init__.py"),
        "bucket": check._BUCKET,
    }


def test_files_lie_where_mwaa_puts_them(home: Path) -> None:
    there = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}

    assert {
        "plugins/.airflowignore",
        "plugins/emmaa_settings.toml",
        "plugins/emmaa_airflow/operators/batch.py",
        "dags/emmaa_after_update.py",
        f"dags/constraints-{VERSION}.txt",
        "requirements.txt",
        "startup.sh",
    } <= there
    [constraint, *_] = (home / "requirements.txt").read_text().splitlines()
    assert constraint == f'--constraint "{home}/dags/constraints-{VERSION}.txt"'


def test_all_as_it_should_be_passes(home: Path) -> None:
    judge(good(home), VERSION, home)


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        ({"dag_errors": {"a.py": "No module named 'croniter'"}}, "No module named 'croniter'"),
        ({"plugin_errors": {"cycle_plugin": "broken"}}, "plugin cycle_plugin: broken"),
        ({"dags": ["emmaa_mm_update"]}, r"the DAGs are \['emmaa_mm_update'\]"),
        ({"airflow": "3.3.2"}, r"Airflow 3\.3\.2 was installed"),
        ({"package": "/repository/plugins/emmaa_cycle/__init__.py"}, "not from the plugins"),
        ({"bucket": "emmaa"}, "settings beside the plugins were not read"),
    ],
)
def test_whatever_is_wrong_fails(home: Path, finding: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckFailedError, match=message):
        judge(good(home) | finding, VERSION, home)


def test_other_versions_than_mwaa_s_are_not_tested() -> None:
    same_packages({"pydantic": "2"}, {"pydantic": "2", "pytest": "9"})
    for tested in ({"pydantic": "3"}, {}):
        with pytest.raises(CheckFailedError, match="pydantic"):
            same_packages({"pydantic": "2"}, tested)


def test_an_unknown_version_is_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3.0.6"]) == 2
    assert "'3.0.6' is not allowed" in capsys.readouterr().err


def test_a_failed_version_is_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(version: str, python: Path, *, run_tests: bool) -> None:
        raise CheckFailedError(f"{version} {run_tests}")

    monkeypatch.setattr(check, "check_version", fail)
    monkeypatch.setattr(check, "find_python", lambda: Path("python"))

    assert main([VERSION, "--no-tests"]) == 1
    assert capsys.readouterr().err == f"{VERSION} False\n"


def interpreter(path: Path, says: str, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a machine whose path has two folders, and a pyenv."""
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_a_stand_in_that_does_not_run_is_passed_over(machine: Path) -> None:
    interpreter(machine / "one" / f"python{PYTHON}", "pyenv: command not found", 127)
    found = interpreter(machine / "two" / f"python{PYTHON}", PYTHON)

    assert find_python() == found


def test_pyenv_s_own_are_found(machine: Path) -> None:
    interpreter(machine / "one" / f"python{PYTHON}", "3.11")
    found = interpreter(machine / "pyenv" / "versions" / f"{PYTHON}.4" / "bin" / "python", PYTHON)

    assert find_python() == found


def test_no_python_is_reported_with_the_fix(machine: Path) -> None:
    with pytest.raises(InputError, match=f"needs Python {PYTHON}.*install it"):
        find_python()
