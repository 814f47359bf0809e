"""The sources of a deployment: commits, files, and the packages made of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from infra.deployment.cli import DEPLOYED, refuse_dirty_tree
from infra.deployment.plan.artifacts import build_artifacts
from infra.mwaa.layout import requirements, source_files, startup_script

REPOSITORY = Path(__file__).resolve().parents[2]


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_what_no_commit_holds_is_named(tmp_path: Path) -> None:
    git(tmp_path, "init")
    source = tmp_path / "dags" / "a.py"
    source.parent.mkdir()
    source.write_text("1\n")
    with pytest.raises(InputError, match=r"dags/a\.py[\s\S]*--allow-dirty"):
        refuse_dirty_tree(tmp_path)

    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "One")
    refuse_dirty_tree(tmp_path)

    source.write_text("2\n")
    with pytest.raises(InputError, match=r" M dags/a\.py"):
        refuse_dirty_tree(tmp_path)


def test_everything_that_is_deployed_is_looked_at() -> None:
    for path in DEPLOYED:
        assert (REPOSITORY / path).exists()
    needed = {
        Path(module.__file__ or "").resolve().relative_to(REPOSITORY)
        for name, module in sys.modules.items()
        if name.startswith(
            ("infra.deployment", "infra.mwaa", "infra.cloudformation", "infra.shared")
        )
    }
    assert needed
    for file in needed:
        assert file.as_posix().startswith(DEPLOYED), file


def test_a_folder_without_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(InputError, match="is no git repository"):
        refuse_dirty_tree(tmp_path)


def test_the_same_sources_make_the_same_files() -> None:
    first, second = (build_artifacts("3.3.1", {"bucket": "b"}) for _ in range(2))

    assert first == second
    changed = build_artifacts("3.3.1", {"bucket": "c"})
    differing = {a.key.split("-")[0] for a, b in zip(first, changed, strict=True) if a != b}
    assert differing == {"airflow/plugins"}


def test_every_dag_is_uploaded_and_no_leftover_of_python() -> None:
    keys = {artifact.key for artifact in build_artifacts("3.2.1", {})}

    assert {f"airflow/dags/{path.name}" for path in (REPOSITORY / "dags").glob("*.py")} <= keys
    assert "airflow/dags/constraints-3.2.1.txt" in keys
    assert not [key for key in keys if "__pycache__" in key or key.endswith(".pyc")]


def test_what_git_ignores_is_no_source(tmp_path: Path) -> None:
    git(tmp_path, "init")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (tmp_path / ".gitignore").write_text("*.log\n")
    for name in ("tracked.py", "gone.py"):
        (plugins / name).write_text(name)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "One")
    (plugins / "gone.py").unlink()
    (plugins / "new.py").write_text("new")
    (plugins / "debug.log").write_text("ignored")

    assert source_files(plugins, tmp_path) == {"new.py": b"new", "tracked.py": b"tracked.py"}


def test_an_archive_s_files_are_its_sources(tmp_path: Path) -> None:
    """Also where it was unpacked inside of a repository that ignores it."""
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("unpacked/\n")
    cache = tmp_path / "unpacked" / "plugins" / "__pycache__"
    cache.mkdir(parents=True)
    (cache / "a.cpython-312.pyc").write_text("cache")
    (cache.parent / "a.py").write_text("a")

    assert source_files(cache.parent, tmp_path / "unpacked") == {"a.py": b"a"}


def test_a_machine_without_git_packs_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = REPOSITORY / "dags"
    tracked = source_files(dags, REPOSITORY)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert set(source_files(dags, REPOSITORY)) >= set(tracked)
    assert shutil.which("git") is None


def test_requirements_are_pinned_by_the_version_s_constraints() -> None:
    assert requirements("3.2.1").decode().splitlines() == [
        '--constraint "/usr/local/airflow/dags/constraints-3.2.1.txt"',
        "apache-airflow-providers-amazon==9.25.0",
        "croniter==6.2.2",
        "pydantic==2.13.1",
        "pydantic-settings==2.13.1",
    ]


def test_what_the_startup_script_exports_reaches_airflow() -> None:
    """As MWAA does it: the script is sourced, then the environment is taken over."""
    shell = ["bash", "-c", 'source /dev/stdin; printf "%s" "$(env)"']
    answer = subprocess.run(
        shell,
        input=startup_script(),
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )

    exported = dict(line.split("=", 1) for line in answer.stdout.decode().splitlines())
    assert exported["EMMAA_SETTINGS_FILE"] == "/usr/local/airflow/plugins/emmaa_settings.toml"
