"""A stack's command turns faults into exit codes and always ends what it started."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from emmaa_cycle.errors import InputError
from infra.local.command import run_with
from infra.local.processes import start_process
from infra.local.stack import Stack
from infra.local.state_file import running_processes


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def sleeping_stack(tmp_path: Path) -> Stack:
    stack = Stack(tmp_path)
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    stack.processes.append(
        start_process("aws", argv, environment={}, directory=tmp_path, log=tmp_path / "log")
    )
    return stack


def fail(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("port 80 is taken"), 2),
        (RuntimeError("the scheduler ended"), 1),
        (TimeoutError("still going on"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_fault_has_its_code_and_ends_the_stack(
    tmp_path: Path, error: BaseException, code: int
) -> None:
    stack = sleeping_stack(tmp_path)
    (process,) = stack.processes
    console = Console(record=True, width=200)
    assert run_with(stack, console, fail(error)) == code
    assert not process.alive()
    assert str(error) in console.export_text()


def test_sigterm_ends_the_stack(tmp_path: Path) -> None:
    stack = sleeping_stack(tmp_path)
    (process,) = stack.processes

    def work() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    assert run_with(stack, Console(), work) == 130
    assert not process.alive()


def test_a_kept_stack_goes_on(tmp_path: Path) -> None:
    stack = sleeping_stack(tmp_path)
    (process,) = stack.processes
    stack.kept = True
    assert run_with(stack, Console(), lambda: 0) == 0
    assert process.alive()
    stack.stop()


def test_a_running_stack_is_neither_started_over_nor_forgotten(tmp_path: Path) -> None:
    mine = psutil.Process()
    running = {"name": "scheduler", "pid": mine.pid, "created": mine.create_time(), "log": "x"}
    state = tmp_path / "stack.json"
    state.write_text(json.dumps({"processes": [running]}))
    stack = Stack(tmp_path, 0, 0)
    console = Console(record=True, width=200)

    def work() -> int:
        stack.start()
        return 0

    assert run_with(stack, console, work) == 2
    assert "(scheduler): end it with `make down`" in console.export_text()
    assert [process.name for process in running_processes(tmp_path)] == ["scheduler"]
