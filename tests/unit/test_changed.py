"""Tests of the choice of tests for a change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.changed import changed_files, select_tests

FILES = {
    "plugins/emmaa_cycle/layout.py": "",
    "plugins/emmaa_cycle/dates.py": "",
    "scripts/emmaa_jobs/stats/__init__.py": "",
    "scripts/run_model_stats.py": "",
    "dags/emmaa_mm_update.py": "",
    "docs/dags.md": "",
    "tests/unit/test_layout.py": "from emmaa_cycle.layout import prefix\n",
    "tests/unit/test_package.py": "from emmaa_cycle import layout\n",
    "tests/unit/test_dates.py": "import emmaa_cycle.dates\n",
    "tests/jobs/conftest.py": "",
    "tests/jobs/test_stats.py": "def test() -> None:\n    from emmaa_jobs.stats import total\n",
    "tests/jobs/test_cli.py": 'SCRIPT = "scripts/run_model_stats.py"\n',
    "tests/dags/test_mm.py": 'DAG = "emmaa_mm_update"\nOTHER = "emmaa_mm_update_two"\n',
    "tests/dags/test_docs.py": 'PAGE = "docs/dags.md"\n',
    "tests/dags/world.py": "from emmaa_cycle import layout\n",
    "tests/dags/test_world.py": "from tests.dags.world import World\n",
    "tests/e2e/test_days.py": "from emmaa_cycle.layout import prefix\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def git(repository: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(repository), *identity, *words], check=True)


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (
            "plugins/emmaa_cycle/layout.py",
            ["tests/unit/test_layout.py", "tests/unit/test_package.py"],
        ),
        ("plugins/emmaa_cycle/dates.py", ["tests/unit/test_dates.py"]),
        ("scripts/emmaa_jobs/stats/__init__.py", ["tests/jobs/test_stats.py"]),
        ("scripts/run_model_stats.py", ["tests/jobs/test_cli.py"]),
        ("dags/emmaa_mm_update.py", ["tests/dags/test_mm.py"]),
        ("docs/dags.md", ["tests/dags/test_docs.py"]),
        ("tests/dags/world.py", ["tests/dags/test_world.py"]),
        ("tests/dags/test_mm.py", ["tests/dags/test_mm.py"]),
        ("tests/e2e/test_days.py", ["tests/e2e/test_days.py"]),
        ("tests/jobs/conftest.py", ["tests/jobs/test_cli.py", "tests/jobs/test_stats.py"]),
        ("tests/unit/test_deleted.py", []),
    ],
)
def test_each_kind_of_change_has_its_tests(
    repository: Path, changed: str, tests: list[str]
) -> None:
    assert select_tests(repository, [changed]) == tests


def test_no_change_has_no_tests(repository: Path) -> None:
    assert changed_files(repository, "main") == set()
    assert select_tests(repository, []) == []


def test_changes_are_those_since_the_branch_left(repository: Path) -> None:
    git(repository, "switch", "--quiet", "--create", "mine")
    (repository / "docs/dags.md").write_text("committed")
    git(repository, "commit", "--quiet", "--all", "--message", "mine")
    (repository / "dags/emmaa_mm_update.py").write_text("staged = 1")
    git(repository, "add", "--all")
    (repository / "plugins/emmaa_cycle/dates.py").unlink()
    (repository / "tests/unit/test_new.py").write_text("")
    assert changed_files(repository, "main") == {
        "docs/dags.md",
        "dags/emmaa_mm_update.py",
        "plugins/emmaa_cycle/dates.py",
        "tests/unit/test_new.py",
    }


def test_an_unknown_branch_is_refused(repository: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        changed_files(repository, "nowhere")
