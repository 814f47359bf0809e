"""``make status``: each component's state, addresses and login, and what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.stack.facts import Facts
from infra.local.stack.processes import start_process, stop_processes, wait_until
from infra.local.stack.state_file import record_given_up, record_processes
from infra.local.status import status

ENDLESS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
BRIEF = [sys.executable, "-S", "-c", "print('database is locked')"]


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=200, highlight=False)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return the folder of a stack whose scheduler runs and whose triggerer has ended."""
    folder = tmp_path / "up"
    folder.mkdir()
    processes = [
        start_process(name, argv, environment={}, directory=folder, log=folder / f"{name}.log")
        for name, argv in {"scheduler": ENDLESS, "triggerer": BRIEF}.items()
    ]
    wait_until(lambda: not processes[1].alive(), seconds=30, what="its end", watched=[])
    record_processes(folder, processes)
    Facts(8080, 1, "s[e]cret").write(folder)
    (folder / "events.log").write_text("2026-01-01 00:00:00 triggerer ended too often\n")
    yield folder
    stop_processes(processes)


def line_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if name in line)


def test_components_login_and_last_errors_are_shown(folder: Path, console: Console) -> None:
    record_given_up(folder, ["triggerer"])
    assert status([folder], console) == 1
    text = console.export_text()
    assert "runs" in line_of(text, "scheduler")
    assert "stays down" in line_of(text, "triggerer")
    assert "Airflow: http://127.0.0.1:8080, login admin / s[e]cret" in text
    assert "The jobs are unknown, because the embedded AWS does not answer" in text
    assert "2026-01-01 00:00:00 triggerer ended too often" in text


def test_without_a_stack_the_command_that_starts_one_is_named(
    tmp_path: Path, console: Console
) -> None:
    assert status([tmp_path / "up", tmp_path / "demo"], console) == 1
    assert "`make up` starts one" in console.export_text()


def test_a_broken_state_hides_no_other_stack(folder: Path, console: Console) -> None:
    broken = folder.parent / "demo"
    broken.mkdir()
    (broken / "stack.json").write_text("")
    assert status([broken, folder], console) == 1
    text = console.export_text()
    assert "demo/stack.json does not name" in "".join(text.split("\n"))
    assert "runs" in line_of(text, "scheduler")
