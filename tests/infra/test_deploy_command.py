"""The command: what it prints, and its exit codes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    UnauthorizedSSOTokenError,
)

from emmaa_cycle.errors import InputError
from infra.deployment import cli
from infra.deployment.aws.cloudformation import StackFailedError
from infra.deployment.git_state import DEPLOYED, refuse_dirty_tree
from infra.deployment.plan.artifacts import build_artifacts
from infra.deployment.plan.stacks import declared_parameters
from infra.mwaa.layout import requirements, startup_script
from infra.mwaa.sources import source_files

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
    assert "airflow-versions.html" in shown
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
        if isinstance(self.ends, BaseException):
            raise self.ends
        return bool(self.ends)


@pytest.mark.parametrize(
    ("ends", "code"), [(True, 0), (False, 1), (StackFailedError("no capacity"), 1)]
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


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "is expired"}}, "DescribeStacks"),
        ClientError({"Error": {"Code": "RequestExpired", "Message": "late"}}, "CreateChangeSet"),
        UnauthorizedSSOTokenError(),
        CredentialRetrievalError(provider="sso", error_msg="refresh failed"),
    ],
)
def test_expired_credentials_say_how_to_go_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", error)

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == 1
    reported = capsys.readouterr().err
    assert str(error) in reported
    assert "sign in again" in reported
    assert "run the same command" in reported


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_missing_rights_name_the_policies(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "CreateChangeSet")
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", error)

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == 1
    reported = capsys.readouterr().err
    assert str(error) in reported
    assert "infra/iam" in reported
    assert (REPOSITORY / "infra" / "iam").is_dir()


def test_no_credentials_at_all_say_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", NoCredentialsError())

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == 1
    assert "name a profile with --profile" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "AuthFailure", "OptInRequired"])
def test_a_region_that_is_not_enabled_is_thought_of(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "GetCallerIdentity")
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", error)

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == 1
    assert "has not enabled the region" in capsys.readouterr().err


def test_an_interrupted_wait_is_no_fault_of_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Deployer", Refusing)
    monkeypatch.setattr(Refusing, "ends", KeyboardInterrupt())

    assert cli.main([str(EXAMPLE), "--yes", "--allow-dirty"]) == 1
    assert "run the same command to wait for it" in capsys.readouterr().err


class Removing:
    """A remover that asks, and notes what it was asked to do."""

    done: ClassVar[list[str]] = []

    def __init__(self, account: Any, deployment: Any, say: Any, confirm: Any) -> None:
        self.confirm = confirm

    def show(self) -> None:
        self.done.append("show")

    def remove(self) -> bool:
        self.done.append("remove")
        return bool(self.confirm("Delete?"))


@pytest.mark.parametrize(
    ("options", "code", "done"),
    [
        (["--plan"], 0, ["show"]),
        (["--yes"], 0, ["remove"]),
        ([], 2, ["remove"]),
        (["--plan", "--yes"], 0, ["show"]),
    ],
)
def test_deleting_is_shown_or_asked_for(
    options: list[str], code: int, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "Remover", Removing)
    monkeypatch.setattr(Removing, "done", [])

    assert cli.main([str(EXAMPLE), "--delete", *options]) == code
    assert Removing.done == done


def test_nobody_to_ask_is_reported(
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
