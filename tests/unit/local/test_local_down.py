"""``make down`` ends every stack, says what it ended, and forgets nothing that still runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import down as command
from infra.local.down import down
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.processes import StartedProcess, start_process
from infra.local.stack.state_file import record_processes

ENDLESS = [sys.executable, "-c", "import time; time.sleep(60)"]


def start(folder: Path, name: str) -> StartedProcess:
    folder.mkdir(exist_ok=True)
    return start_process(
        name, ENDLESS, environment={}, directory=folder, log=folder / f"{name}.log"
    )


def test_each_stack_is_ended_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up, demo = tmp_path / "up", tmp_path / "demo"
    processes = [start(up, "aws"), start(up, "scheduler")]
    record_processes(up, processes)
    assert down([up, demo]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "up: ended aws, scheduler",
        "demo: nothing was running",
    ]
    assert not any(process.alive() for process in processes)
    assert not (up / "stack.json").exists()


def test_what_no_file_names_is_ended_by_its_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(tmp_path / "up", "aws")
    assert down([tmp_path / "up"]) == 0
    assert capsys.readouterr().out == "up: ended 1 more processes\n"
    assert not process.alive()


def test_what_cannot_be_ended_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(tmp_path / "up", "aws")
    record_processes(tmp_path / "up", [process])

    def not_permitted(pid: int, number: int) -> None:
        raise PermissionError(pid, number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", not_permitted)
        assert down([tmp_path / "up"], grace=0) == 1
    assert f"could not end the processes {process.pid}" in capsys.readouterr().out
    assert process.alive()
    assert down([tmp_path / "up"]) == 0
    assert not process.alive()


@pytest.mark.parametrize("content", ["{", '{"processes": [{"name": "aws", "created": 1.5}]}'])
def test_a_broken_file_is_kept_and_named_and_other_stacks_end(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    up, demo = tmp_path / "up", tmp_path / "demo"
    marked, other = start(up, "aws"), start(demo, "aws")
    record_processes(demo, [other])
    (up / "stack.json").write_text(content)
    assert down([up, demo]) == 2
    assert f"{up / 'stack.json'} does not name a stack's processes" in capsys.readouterr().out
    assert not marked.alive()
    assert not other.alive()
    assert (up / "stack.json").exists()


def test_it_needs_nothing_that_is_installed() -> None:
    """As the Makefile calls it, by a Python that has no packages."""
    code = (
        "import sys; before = set(sys.modules); import infra.local.down;"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) == {"infra", "emmaa_cycle"}


def test_the_stacks_of_both_commands_are_ended() -> None:
    assert set(command.STACKS) == {"up", "demo"}
