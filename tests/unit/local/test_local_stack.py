"""A stack's command turns faults into exit codes and always ends what it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from emmaa_cycle.errors import InputError
from infra.local.command import run_with
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import StartedProcess, start_process, stop_processes, wait_until
from infra.local.stack.signals import END_SIGNALS, deferred_signals
from infra.local.stack.state_file import record_processes, running_processes

ENDLESS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As a shell starts a command, whatever started the tests."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in END_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class SleepingStack(Stack):
    """Starts one process that does nothing, as the real one starts its parts."""

    def start(self) -> None:
        self._start("aws", ENDLESS, {})


def sleeping_stack(tmp_path: Path) -> Stack:
    return SleepingStack(tmp_path)


def fail(stack: Stack, error: BaseException) -> Callable[[], int]:
    def work() -> int:
        stack.start()
        raise error

    return work


def begun(stack: Stack) -> StartedProcess:
    stack.start()
    return stack.processes[0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("port 80 is taken"), 2),
        (RuntimeError("the scheduler ended [/broken] markup"), 1),
        (TimeoutError("still going on"), 1),
        (OSError("no space left on device"), 1),
        (httpx.ConnectError("connection refused"), 1),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:5555"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_fault_has_its_code_and_ends_the_stack(
    tmp_path: Path, error: BaseException, code: int
) -> None:
    stack = sleeping_stack(tmp_path)
    console = Console(record=True, width=200)
    assert run_with(stack, console, fail(stack, error)) == code
    assert running_processes(tmp_path) == []
    assert str(error) in console.export_text()


@pytest.mark.parametrize("number", END_SIGNALS)
def test_signals_end_the_stack(tmp_path: Path, number: signal.Signals) -> None:
    stack = sleeping_stack(tmp_path)
    process = begun(stack)

    def work() -> int:
        signal.raise_signal(number)
        return 0

    assert run_with(stack, Console(), work) == 130
    assert not process.alive()
    assert {signal.getsignal(number) for number in END_SIGNALS} == {signal.SIG_DFL}


@pytest.mark.parametrize("number", END_SIGNALS)
def test_a_process_that_a_signal_finds_half_started_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The signal comes when the process is there and nobody has written that down yet."""
    stack, born = sleeping_stack(tmp_path), []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            born.append(self)
            signal.raise_signal(number)

    monkeypatch.setattr(subprocess, "Popen", Popen)

    def work() -> int:
        stack.start()
        pytest.fail("the signal was lost")

    assert run_with(stack, Console(), work) == 130
    assert [process.returncode for process in born] == [-signal.SIGTERM]
    assert not (tmp_path / "stack.json").exists()


def test_further_signals_do_not_interrupt_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = sleeping_stack(tmp_path)
    process = begun(stack)
    stop = stack.stop

    def stop_interrupted() -> None:
        for number in END_SIGNALS:
            signal.raise_signal(number)
        stop()

    monkeypatch.setattr(stack, "stop", stop_interrupted)
    assert run_with(stack, Console(), fail(stack, KeyboardInterrupt())) == 130
    assert not process.alive()


def test_what_cannot_be_ended_is_named_and_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = sleeping_stack(tmp_path)
    process = begun(stack)

    def not_permitted(pid: int, number: int) -> None:
        raise PermissionError(pid, number)

    console = Console(record=True, width=300)
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", not_permitted)
        patch.setattr(stack, "grace", 0)
        assert run_with(stack, console, lambda: 0) == 1
    assert f"could not end the processes {process.pid} of {tmp_path}" in console.export_text()
    assert running_processes(tmp_path) == [process]
    stack.stop()
    assert not process.alive()


def test_nohup_keeps_a_command_from_hearing_of_its_terminal(tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stack = sleeping_stack(tmp_path)

    def work() -> int:
        signal.raise_signal(signal.SIGHUP)
        return 0

    assert run_with(stack, Console(), work) == 0
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_a_process_started_meanwhile_takes_signals_as_ever(tmp_path: Path) -> None:
    code = "print(*[l.split()[1] for l in open('/proc/self/status') if l[:6] in (%r, %r)])"
    with deferred_signals():
        started = start_process(
            "aws",
            [sys.executable, "-S", "-c", code % ("SigBlk", "SigIgn")],
            environment={},
            directory=tmp_path,
            log=tmp_path / "log",
        )
    wait_until(lambda: not started.alive(), seconds=30, what="its end", watched=[])
    blocked, ignored = (int(mask, 16) for mask in (tmp_path / "log").read_text().split())
    assert not any((blocked | ignored) >> number - 1 & 1 for number in END_SIGNALS)


def test_a_kept_stack_goes_on(tmp_path: Path) -> None:
    stack = sleeping_stack(tmp_path)
    process = begun(stack)
    stack.kept = True
    assert run_with(stack, Console(), lambda: 0) == 0
    assert process.alive()
    stack.stop()


def test_a_running_stack_is_neither_started_over_nor_forgotten(tmp_path: Path) -> None:
    running = start_process(
        "scheduler", ENDLESS, environment={}, directory=tmp_path, log=tmp_path / "log"
    )
    record_processes(tmp_path, [running])
    stack = Stack(tmp_path, 0, 0)
    console = Console(record=True, width=300)

    def work() -> int:
        stack.start()
        return 0

    assert run_with(stack, console, work) == 2
    assert "(scheduler): end it with `make down`" in console.export_text()
    assert running_processes(tmp_path) == [running]
    stop_processes([running])


def test_a_start_ends_what_is_left_of_a_stack_first(tmp_path: Path) -> None:
    """Its leader was killed, which leaves the leader's children."""
    code = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid, flush=True)"
    leader = start_process(
        "scheduler",
        [sys.executable, "-c", code, *ENDLESS],
        environment={},
        directory=tmp_path,
        log=tmp_path / "log",
    )
    wait_until(lambda: not leader.alive(), seconds=30, what="the leader's end", watched=[])
    worker = int((tmp_path / "log").read_text())
    record_processes(tmp_path, [leader])
    os.kill(worker, 0)
    with pytest.raises(InterruptedError):
        HaltedStack(tmp_path, 0, 0).start()
    assert running_processes(tmp_path) == []
    assert not os.path.exists(f"/proc/{worker}") or "Z" in state_of(worker)


class HaltedStack(Stack):
    """Prepares its folder, and starts nothing."""

    def _start_databases(self) -> None:
        raise InterruptedError

    def prepare(self) -> HaltedStack:
        with pytest.raises(InterruptedError):
            self.start()
        return self


@pytest.mark.parametrize(
    ("fresh", "complete", "kept"),
    [(False, True, True), (True, True, False), (False, False, False)],
)
def test_a_start_keeps_what_a_complete_one_left(
    tmp_path: Path, fresh: bool, complete: bool, kept: bool
) -> None:
    folder = tmp_path / "up"
    first = HaltedStack(folder, 0, 0, fresh=False).prepare()
    (folder / "postgres").mkdir()
    if complete:
        (folder / "complete").touch()
    second = HaltedStack(folder, 0, 0, fresh=fresh).prepare()
    assert (folder / "postgres").exists() == kept
    assert (second.password == first.password) == kept
    secret = "EMAIL_SIGN_SECRET"
    assert (second.jobs[secret] == first.jobs[secret]) == kept, "links in mails would break"


def test_the_state_of_a_version_without_postgresql_is_not_removed_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    HaltedStack(folder, 0, 0, fresh=False).prepare()
    (folder / "primary.db").touch()
    (folder / "complete").touch()
    with pytest.raises(InputError, match="`make up FRESH=1` starts with a new one"):
        HaltedStack(folder, 0, 0, fresh=False).start()
    assert (folder / "primary.db").exists()
    HaltedStack(folder, 0, 0, fresh=True).prepare()
    assert not (folder / "primary.db").exists()


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]
