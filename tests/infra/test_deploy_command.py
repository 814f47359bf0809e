"""The command: what it prints, and its exit codes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from infra.deployment import cli
from infra.deployment.artifacts import build_artifacts
from infra.deployment.git_state import refuse_dirty_tree
from infra.deployment.stacks import declared_parameters
from infra.mwaa.layout import requirements, startup_script

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "infra" / "deployment.example.toml"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_example_is_planned_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([str(EXAMPLE), "--plan"]) == 0

    shown = capsys.readouterr().out
    assert "account 123456789012, region us-east-1" in shown
    assert "1. stack emmaa-artifacts (2 resources)" in shown
    assert "8. stack emmaa-alarms" in shown
    assert "PluginsVersion = (known after the upload)" in shown
    for name in declared_parameters():
        assert f"     {name} = " in shown


def test_bad_input_is_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(EXAMPLE.read_text().replace('PublicRead = "yes"', 'PublicRead = "perhaps"'))

    assert cli.main([str(bad), "--plan"]) == 2
    assert "parameter PublicRead: 'perhaps' is not allowed" in capsys.readouterr().err


def test_a_dirty_tree_is_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(repository: Path) -> None:
        raise InputError(f"{repository} is dirty")

    monkeypatch.setattr(cli, "refuse_dirty_tree", refuse)

    assert cli.main([str(EXAMPLE), "--yes"]) == 2
    assert "is dirty" in capsys.readouterr().err


class Refusing:
    """A deployer that asks, and whose AWS then fails or whose person says no."""

    ends: Any = False

    def __init__(self, account: Any, plan: Any, say: Any, confirm: Any) -> None:
        self.confirm = confirm

    def deploy(self) -> bool:
        self.confirm("Go on?")
        if isinstance(self.ends, Exception):
            raise self.ends
        return bool(self.ends)


@pytest.mark.parametrize(
    ("ends", "code"), [(True, 0), (False, 1), (cli.StackFailedError("no capacity"), 1)]
)
def test_exit_codes_of_a_deployment(
    ends: Any, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", ends)

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == code
    captured = capsys.readouterr()
    assert captured.out == "Go on? yes\n"
    assert ("no capacity" in captured.err) == isinstance(ends, Exception)


def test_nobody_to_ask_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Deployer", Refusing)

    assert cli.main([str(EXAMPLE), "--allow-dirty"]) == 2
    assert "use --yes" in capsys.readouterr().err


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_what_no_commit_holds_is_named(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "a.py").write_text("1\n")
    with pytest.raises(InputError, match=r"a\.py[\s\S]*--allow-dirty"):
        refuse_dirty_tree(tmp_path)

    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "One")
    refuse_dirty_tree(tmp_path)

    (tmp_path / "a.py").write_text("2\n")
    with pytest.raises(InputError, match=r" M a\.py"):
        refuse_dirty_tree(tmp_path)


def test_a_folder_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
