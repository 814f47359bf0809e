"""The secrets of docker-compose.yaml: written once, for their owner alone, each to who needs it."""

from __future__ import annotations

import base64
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.compose.make_env import (
    FOLDER,
    MOUNTED,
    let_containers_read,
    main,
    make_environments,
    read_environment,
    write_environments,
)

REPOSITORY = Path(__file__).resolve().parents[3]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    written = write_environments(tmp_path / "env", make_environments())
    assert sorted(file.name for file in written) == [
        "airflow.env",
        "jobs.env",
        "login.env",
        "postgres.env",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in written} == {0o600}


def test_containers_can_read_what_is_mounted_of_a_clone_under_umask_077(tmp_path: Path) -> None:
    for name in MOUNTED:
        (tmp_path / name).touch(mode=0o600)
    let_containers_read(tmp_path)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in MOUNTED} == {0o644}


def test_what_is_mounted_are_those_files() -> None:
    compose = (REPOSITORY / "docker-compose.yaml").read_text()
    mounted = set(re.findall(r"- \./(\S+?):", compose))
    assert mounted == {str((FOLDER.parent / name).relative_to(REPOSITORY)) for name in MOUNTED}


def test_what_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert main(["--folder", str(tmp_path)]) == 0
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before
    assert "all there" in capsys.readouterr().out


def test_passwords_that_do_not_belong_together_are_never_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--folder", str(tmp_path)])
    (tmp_path / "jobs.env").unlink()
    assert main(["--folder", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "but not jobs.env" in said
    assert "docker compose down --volumes" in said
    assert not (tmp_path / "jobs.env").exists()


def test_a_file_that_is_not_whole_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_environments(tmp_path, make_environments())
    (tmp_path / "login.env").write_text("")
    assert main(["--folder", str(tmp_path)]) == 2
    assert "holds login.env without all variables" in capsys.readouterr().err


def test_the_parts_agree(tmp_path: Path) -> None:
    write_environments(tmp_path, make_environments())
    postgres, airflow, jobs = (
        read_environment(tmp_path, f"{name}.env") for name in ("postgres", "airflow", "jobs")
    )
    conn = airflow["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert f"airflow:{postgres['AIRFLOW_DATABASE_PASSWORD']}@postgres/airflow" in conn
    for name in ("EMMAADBPRIMARY", "EMMAADBSTMT"):
        assert f"emmaa:{postgres['EMMAA_DATABASE_PASSWORD']}@postgres/" in jobs[name]
    assert jobs["EMMAADBSTMT"].endswith(";statement")
    assert len(base64.urlsafe_b64decode(airflow["AIRFLOW__CORE__FERNET_KEY"])) == 32


def test_each_deployment_has_secrets_of_its_own() -> None:
    first, second = make_environments(), make_environments()
    same = {
        name
        for file, variables in first.items()
        for name, value in variables.items()
        if second[file][name] == value
    }
    assert same == {"EMMAA_LOCAL_AIRFLOW_USERNAME"}


def test_it_runs_before_anything_is_installed(tmp_path: Path) -> None:
    """Isolated, so without this environment's packages and the repository on its path."""
    script = REPOSITORY / "infra" / "compose" / "make_env.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 4
