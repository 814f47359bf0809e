"""What the check makes of a container engine's answers."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from infra.compose import engine as engines
from infra.compose.engine import Engine, Podman, docker, wait_healthy
from infra.compose.stand_ins.make import PYTHON, make_stand_ins
from infra.local.processes import StartedProcess, start_process


@pytest.fixture(autouse=True)
def no_compose_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMPOSE", raising=False)


def program(folder: Path, name: str, script: str) -> str:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def engine(tmp_path: Path, script: str, compose: str = "exit 1") -> Engine:
    return Engine([program(tmp_path, "docker", script)], [program(tmp_path, "compose", compose)])


TWO = """
case "$1 $4" in
"ps label=com.docker.compose.project=p") echo a b c ;;
*" a") echo "/p_aws_1 healthy" ;;
*" b") echo "/p_api-server_1 STATUS" ;;
*) exit 1 ;;  # gone since it was listed
esac
"""


def test_health_is_found_under_the_names_of_both_generations(tmp_path: Path) -> None:
    docker = engine(tmp_path, TWO.replace("STATUS", "healthy"))
    assert docker.containers("p") == {"p_aws_1": "healthy", "p_api-server_1": "healthy"}
    wait_healthy(docker, "p", ["aws", "api-server"], 0)
    docker = engine(tmp_path, TWO.replace("_", "-").replace("STATUS", "healthy"))
    wait_healthy(docker, "p", ["aws", "api-server"], 0)


def test_what_is_not_healthy_in_time_is_named(tmp_path: Path) -> None:
    docker = engine(tmp_path, TWO.replace("STATUS", "starting"))
    with pytest.raises(RuntimeError, match=r"not healthy after -1 s: .*'api-server': 'starting'"):
        wait_healthy(docker, "p", ["aws", "api-server"], -1)
    with pytest.raises(RuntimeError, match="not healthy"):
        wait_healthy(docker, "p", ["aws", "triggerer"], -1)


@pytest.mark.parametrize(
    ("said", "second"), [("1.29.2, build unknown", False), ("2.26.1-4", True), ("v2.40.3", True)]
)
def test_generations_of_compose_are_told_apart(tmp_path: Path, said: str, second: bool) -> None:
    found = engine(tmp_path, "exit 0", f"echo Docker Compose version {said}")
    assert found.is_compose_v2 is second


def test_a_compose_that_does_not_tell_its_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"compose does not tell its version"):
        _ = engine(tmp_path, "exit 0", "echo something").is_compose_v2


def test_what_compose_says_about_the_file_is_a_fault(tmp_path: Path) -> None:
    engine(tmp_path, "exit 0", '[ "$*" = "config --quiet" ]').check_config()
    with pytest.raises(RuntimeError, match=r"warns of docker-compose.yaml:\nversion is obsolete"):
        engine(tmp_path, "exit 0", "echo version is obsolete >&2").check_config()
    with pytest.raises(RuntimeError, match=r"ended with 15:\nnot valid"):
        engine(tmp_path, "exit 0", "echo not valid >&2; exit 15").check_config()


def test_a_failed_command_is_told_with_what_it_wrote(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with 3:\nno such image"):
        engine(tmp_path, "echo no such image >&2; exit 3").run("run", "x")
    with pytest.raises(RuntimeError, match="ended with 1"):
        engine(tmp_path, "exit 0").compose("up")


def test_a_docker_that_does_not_answer_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    program(tmp_path, "docker", '[ "$1" != info ]')
    assert docker() is None
    program(tmp_path, "docker", "echo Docker Compose version v2.40.3")
    found = docker()
    assert found is not None
    assert found.compose_command == ["docker", "compose"]
    other = program(tmp_path, "other", "echo docker-compose version 1.29.2, build unknown")
    monkeypatch.setenv("COMPOSE", other)
    found = docker()
    assert found is not None
    assert found.compose_command == [other]


def test_a_missing_engine_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="neither Docker answers nor is there podman and docker-c"):
        Podman(tmp_path / "state")
    monkeypatch.setenv("COMPOSE", program(tmp_path, "other", "echo Docker Compose version v2.40"))
    with pytest.raises(InputError, match="neither Docker answers nor is there podman: start"):
        Podman(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_a_wrong_compose_is_told_before_podman_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "podman", f"touch {tmp_path}/started")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("COMPOSE", "/nowhere/docker-compose")
    with pytest.raises(InputError, match="COMPOSE=/nowhere/docker-compose: there is no such"):
        Podman(tmp_path / "state")
    assert not (tmp_path / "started").exists()


@pytest.fixture
def podman_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of PATH with Compose, for a podman."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "docker-compose", "echo Docker Compose version v2.40.3")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder


LISTEN = 'for last; do :; done; touch "${last#unix://}"; exec tail -f /dev/null'


def test_podman_gets_absolute_paths(
    podman_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It refuses a storage that it was given under another path before.
    program(podman_machine, "podman", LISTEN)
    monkeypatch.chdir(tmp_path)
    podman = Podman(Path("state"))
    podman.close()
    state = tmp_path / "state"
    assert podman.engine.command[1:] == ["--root", f"{state}/store", "--runroot", f"{state}/run"]
    assert podman.engine.environment["DOCKER_HOST"] == f"unix://{state}/podman.sock"


def test_a_podman_that_cannot_serve_is_told_with_its_words(
    podman_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "START_SECONDS", 600.0)
    program(podman_machine, "podman", "echo database configuration mismatch >&2; exit 125")
    with pytest.raises(RuntimeError, match=r"(?s)ended .*database configuration mismatch"):
        Podman(tmp_path / "state")


def test_a_podman_that_never_serves_is_ended(
    podman_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[StartedProcess] = []

    def start(*words: Any, **options: Any) -> StartedProcess:
        started.append(start_process(*words, **options))
        return started[-1]

    monkeypatch.setattr(engines, "start_process", start)
    monkeypatch.setattr(engines, "START_SECONDS", 0.0)
    program(podman_machine, "podman", "exec tail -f /dev/null")
    with pytest.raises(RuntimeError, match=r"podman took longer than 0 s; see .*service\.log"):
        Podman(tmp_path / "state")
    assert [process.alive() for process in started] == [False]


def test_stand_ins_need_debootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = engine(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="stand-ins need debootstrap"):
        make_stand_ins(without)


def test_an_image_that_is_there_is_not_pulled(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    there = engine(tmp_path, f'echo "$*" >> {calls}')
    assert there.has_image(PYTHON)
    assert calls.read_text() == f"image inspect {PYTHON}\n"
    nowhere = engine(tmp_path, f'echo "$*" >> {calls}; exit 1')
    assert not nowhere.has_image(PYTHON)
    assert calls.read_text().endswith(f"pull --quiet {PYTHON}\n")


def test_container_limits_are_no_higher_than_this_process_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (64, 512))
    assert '"nofile=512:512"' in engines._containers_configuration()
