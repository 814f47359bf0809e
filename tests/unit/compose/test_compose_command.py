"""Which Compose is run, and what is said where COMPOSE names something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from infra.compose.compose_command import compose_version, find_compose

FIRST = "echo docker-compose version 1.29.2, build 5becea4c"
SECOND = "echo Docker Compose version v2.40.3"
NO_PLUGIN = 'echo "docker: unknown command: docker compose" >&2; exit 1'


def program(folder: Path, name: str, script: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of PATH."""
    monkeypatch.delenv("COMPOSE", raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("script", "version"),
    [
        (FIRST, "1.29.2"),
        (
            "echo docker-compose version 1.29.2, build unknown; echo docker-py version: 5.0",
            "1.29.2",
        ),
        ("echo Docker Compose version 2.26.1-4", "2.26.1-4"),
        (SECOND, "2.40.3"),
        ("echo podman-compose version 1.0.3", None),
        ("echo Docker version 28.2.2, build e6534b4", None),
        (f"{SECOND}; exit 1", None),
    ],
)
def test_a_command_is_known_by_what_it_says(
    tmp_path: Path, script: str, version: str | None
) -> None:
    assert compose_version([program(tmp_path, "compose", script)]) == version


def test_a_command_that_cannot_be_started_has_no_version(tmp_path: Path) -> None:
    not_executable = tmp_path / "compose"
    not_executable.write_text("#!/bin/sh\n")
    assert compose_version([str(not_executable)]) is None
    assert compose_version([str(tmp_path / "nowhere")]) is None


def test_the_newer_generation_is_taken_where_both_are(bin_folder: Path) -> None:
    assert find_compose() is None
    program(bin_folder, "docker-compose", FIRST)
    assert find_compose() == ["docker-compose"]
    program(bin_folder, "docker", NO_PLUGIN)
    assert find_compose() == ["docker-compose"]
    program(bin_folder, "docker", SECOND)
    assert find_compose() == ["docker", "compose"]


def test_another_may_be_named(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bin_folder, "docker", SECOND)
    other = program(tmp_path / "a folder", "docker-compose", FIRST)
    monkeypatch.setenv("COMPOSE", f"'{other}'")
    assert find_compose() == [other]
    monkeypatch.setenv("COMPOSE", "docker compose")
    assert find_compose() == [f"{bin_folder}/docker", "compose"]
    # Compose is started in the repository, wherever the check is.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMPOSE", "'a folder/docker-compose'")
    assert find_compose() == [other]


def test_an_empty_name_is_none(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bin_folder, "docker-compose", FIRST)
    monkeypatch.setenv("COMPOSE", " ")
    assert find_compose() == ["docker-compose"]


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("/nowhere/docker-compose", "COMPOSE=/nowhere/docker-compose: there is no such program"),
        ("podman-compose", "COMPOSE=podman-compose is not Docker Compose"),
        ("podman-compose --debug", "COMPOSE=podman-compose --debug is not Docker Compose"),
        ("'docker compose", "COMPOSE='docker compose: No closing quotation"),
    ],
)
def test_what_is_not_compose_is_told(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch, named: str, complaint: str
) -> None:
    program(bin_folder, "podman-compose", "echo podman-compose version 1.0.3")
    program(bin_folder, "docker", SECOND)
    monkeypatch.setenv("COMPOSE", named)
    with pytest.raises(InputError) as caught:
        find_compose()
    assert str(caught.value).startswith(complaint)
    assert "docker-compose of v1.29 or v2" in str(caught.value)
