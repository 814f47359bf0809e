"""The command: what it prints, and its exit codes."""

from __future__ import annotations

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
from infra.deployment.plan.stacks import declared_parameters

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
