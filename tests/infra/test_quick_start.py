"""The three lines at the head of docs/deploy.md, in a fresh clone and an empty account."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deployment import cli
from infra.shared.toml_text import to_toml
from tests.infra.world import ACCOUNT, PARAMETERS, REGION, moto_account, prerequisites

REPOSITORY = Path(__file__).resolve().parents[2]
# moto warns of each kind of resource that it does not make.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "clone"
    command = ["git", "clone", "--quiet", "--shared", str(REPOSITORY), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setattr(cli, "REPOSITORY", folder)
    return folder


@pytest.fixture
def deployment_file(clone: Path) -> Iterator[Path]:
    """Return the example, copied to where the page says and filled in for the account."""
    with moto_account() as account:
        example = (clone / "infra" / "deployment.example.toml").read_text()
        assert "[parameters]" in example
        parameters = {**PARAMETERS, **prerequisites(account)}
        path = clone / "my-deployment.toml"
        path.write_text(to_toml({"account": ACCOUNT, "region": REGION, "parameters": parameters}))
        yield path


def test_a_clone_is_deployed(deployment_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([str(deployment_file), "--yes"]) == 0, capsys.readouterr().err

    assert capsys.readouterr().out.endswith("Done.\n")


def test_a_change_of_what_is_deployed_is_refused(
    deployment_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (deployment_file.parent / "dags" / "mine.py").write_text("")

    assert cli.main([str(deployment_file), "--yes"]) == 2
    assert "?? dags/mine.py" in capsys.readouterr().err
    assert cli.main([str(deployment_file), "--yes", "--allow-dirty"]) == 0


@pytest.mark.parametrize("target", ["deploy", "deploy-plan"])
def test_make_passes_options_on(target: str) -> None:
    words = ["DEPLOYMENT=mine.toml", "ARGS=--allow-dirty --profile work"]
    answer = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", target, *words],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    command = answer.stdout.splitlines()[-1].split()

    assert command[1:3] == ["infra/deploy.py", "mine.toml"]
    assert command[-3:] == ["--allow-dirty", "--profile", "work"]
