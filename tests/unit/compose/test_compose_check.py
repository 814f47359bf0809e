"""``make compose-check``: the commands that it gives to Compose, and what it makes of failures."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.compose import check
from infra.compose.make_env import make_environments, write_environments

VERSION = 'if [ "$1" = version ]; then echo Docker Compose version v2.40.3; exit; fi'
REMOVE = "down --volumes"
START = "up --wait --wait-timeout 900 --no-build"


class Machine:
    """A machine with a program in place of Compose."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def compose(self, script: str, *, version: str = VERSION) -> None:
        program = self.folder / "a compose"
        calls = shlex.quote(str(self.folder / "calls"))
        program.write_text(f'#!/bin/sh\n{version}\necho "$*" >> {calls}\n{script}\n')
        program.chmod(0o755)
        self._monkeypatch.setenv("COMPOSE", shlex.quote(str(program)))

    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def buckets(self, *listings: dict[str, str]) -> None:
        """Let the stack's bucket have these objects, one listing after the other."""
        answers: Iterator[dict[str, str]] = iter(listings)
        self._monkeypatch.setattr(check, "objects", lambda port: next(answers))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(check, "FOLDER", tmp_path / "env")
    monkeypatch.setattr(check, "let_containers_read", lambda folder: None)
    monkeypatch.setattr(check, "run_demo", lambda ui_port, aws_port: None)
    found = Machine(tmp_path, monkeypatch)
    found.buckets({"a": "1"}, {"a": "1", "b": "2"})
    return found


def test_a_stack_that_holds_is_proved_and_removed(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.compose("")
    assert check.main() == 0
    assert machine.calls() == [
        "config --quiet",
        REMOVE,
        "build",
        "run --rm --no-TTY --no-deps aws python smoke.py",
        START,
        "restart aws",
        START,
        REMOVE,
    ]
    assert (
        capfd.readouterr().out == "docker-compose.yaml works, by Docker Compose version v2.40.3\n"
    )


def test_the_check_shares_nothing_with_a_running_stack(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.compose(
        'echo "$COMPOSE_PROJECT_NAME $EMMAA_AIRFLOW_IMAGE $EMMAA_LOCAL_AWS_IMAGE"; '
        '[ "$UI_PORT" -gt 0 ] && [ "$AWS_PORT" -gt 0 ] && [ "$UI_PORT" != "$AWS_PORT" ]'
    )
    assert check.main() == 0
    names = "emmaa-check localhost/emmaa-check-airflow:latest localhost/emmaa-check-aws:latest"
    assert names in capfd.readouterr().out


@pytest.mark.parametrize("failing", ["build", "run", "up", "restart"])
def test_a_failure_prints_logs_and_removes_the_stack(
    machine: Machine, capfd: pytest.CaptureFixture[str], failing: str
) -> None:
    machine.compose(f'[ "$1" != {failing} ]')
    assert check.main() == 1
    assert machine.calls()[-2:] == ["logs --tail 40", REMOVE]
    assert f"a compose' {failing}" in capfd.readouterr().err


def test_a_fault_that_the_demo_finds_is_a_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fault(ui_port: str, aws_port: str) -> None:
        raise RuntimeError("the demo on the stack ended with 1")

    monkeypatch.setattr(check, "run_demo", fault)
    machine.compose("")
    assert check.main() == 1
    assert machine.calls()[-2:] == ["logs --tail 40", REMOVE]
    assert "the demo on the stack ended with 1" in capfd.readouterr().err


@pytest.mark.parametrize("after", [{}, {"a": "2"}])
def test_a_bucket_that_a_restart_changes_is_a_failure(
    machine: Machine, capfd: pytest.CaptureFixture[str], after: dict[str, str]
) -> None:
    machine.buckets({"a": "1"}, after)
    machine.compose("")
    assert check.main() == 1
    assert "the restart of aws lost or changed 1 objects: ['a']" in capfd.readouterr().err


@pytest.mark.parametrize(
    "script",
    [
        "exit 15",
        'echo \'time="2026-11-27" level=warning msg="`version` is obsolete"\' >&2',
        "echo 'WARN[0000] the variable is not set' >&2",
    ],
)
def test_a_file_that_compose_rejects_or_warns_about_is_a_failure(
    machine: Machine, capfd: pytest.CaptureFixture[str], script: str
) -> None:
    machine.compose(script)
    assert check.main() == 1
    assert machine.calls() == ["config --quiet"]
    assert "Compose does not accept docker-compose.yaml" in capfd.readouterr().err


def test_what_podman_notes_beside_is_no_warning(machine: Machine) -> None:
    machine.compose("echo Emulate Docker CLI using podman. >&2")
    assert check.main() == 0


@pytest.mark.parametrize(
    "version",
    [
        "echo docker-compose version 1.29.2, build 5becea4c; exit",
        "echo Docker Compose version 1.29.2; exit",
        "echo podman-compose version 1.0.3; exit",
        'echo "docker: unknown command: docker compose" >&2; exit 1',
    ],
)
def test_another_program_is_refused_before_anything_starts(
    machine: Machine, capfd: pytest.CaptureFixture[str], version: str
) -> None:
    machine.compose("", version=version)
    assert check.main() == 2
    assert machine.calls() == []
    assert "is not Docker Compose v2: install it, or name its command" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("/nowhere/docker-compose", "`/nowhere/docker-compose` is not Docker Compose v2"),
        ("'docker compose", "COMPOSE='docker compose: No closing quotation"),
    ],
)
def test_a_command_that_cannot_start_is_refused(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    named: str,
    message: str,
) -> None:
    monkeypatch.setenv("COMPOSE", named)
    assert check.main() == 2
    assert capfd.readouterr().err.startswith(message)


@pytest.mark.parametrize("named", ["", " "])
def test_docker_s_own_compose_is_the_default(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("COMPOSE", named)
    assert check.compose_command() == ["docker", "compose"]


def test_env_files_that_do_not_belong_together_are_reported_before_anything_starts(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = machine.folder / "env"
    write_environments(folder, make_environments())
    (folder / "jobs.env").unlink()
    machine.compose("")
    assert check.main() == 2
    assert machine.calls() == []
    assert "but not jobs.env, whose passwords belong together" in capfd.readouterr().err
