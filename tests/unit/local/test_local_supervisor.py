"""The supervisor restarts what ends, says so in a line, and stops after repeated failures."""

from __future__ import annotations

import itertools
import os
import pty
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.stack.components import Component, record_components, recorded_components
from infra.local.stack.processes import (
    SUPERVISOR,
    StartedProcess,
    marked_processes,
    stop_stack,
    wait_until,
)
from infra.local.stack.restarts import EndedTimes, RestartPolicy
from infra.local.stack.state_file import given_up, record_processes, recorded_processes
from infra.local.stack.supervisor import (
    ConditionsOfWork,
    EventLog,
    Supervisor,
    events,
    start_supervisor,
)

ENDLESS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
PARENT = [
    sys.executable,
    "-S",
    "-c",
    "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)",
    *ENDLESS,
]


@dataclass
class Parts:
    """A folder's stack of processes that do nothing."""

    folder: Path
    lines: list[str] = field(default_factory=list)

    def start(self, **commands: list[str]) -> Supervisor:
        components = [
            Component(name, argv, {"SECRET": "s"}, str(self.folder / f"{name}.log"))
            for name, argv in commands.items()
        ]
        record_components(self.folder, components)
        record_processes(self.folder, [component.start() for component in components])
        policy = RestartPolicy(most=2, window=100, first_pause=1)
        return Supervisor(self.folder, self.lines.append, policy)

    def process(self, name: str) -> StartedProcess:
        return next(p for p in recorded_processes(self.folder) if p.name == name)

    def kill(self, name: str) -> StartedProcess:
        process = self.process(name)
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not process.alive(), seconds=30, what="its end", watched=[])
        return process


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    children: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    found = Parts(tmp_path)
    yield found
    assert stop_stack(tmp_path, recorded_processes(tmp_path), grace=3) == []
    for child in children:
        child.wait(30)


def test_a_component_that_ends_runs_again_and_others_are_left_alone(stack: Parts) -> None:
    supervisor = stack.start(scheduler=ENDLESS, triggerer=ENDLESS)
    other = stack.process("scheduler")
    killed = stack.kill("triggerer")
    supervisor.look(now=0)
    assert stack.process("triggerer") == killed, "it waits before it restarts"
    supervisor.look(now=0.9)
    assert not stack.process("triggerer").alive()
    supervisor.look(now=1)
    assert stack.process("triggerer").alive()
    assert stack.process("scheduler") == other
    assert other.alive()
    assert len(stack.lines) == 2
    assert "triggerer ended, is restarted in 1 s; its log: " in stack.lines[0]
    assert "triggerer runs again" in stack.lines[1]


def test_what_a_killed_component_left_is_ended_before_the_restart(stack: Parts) -> None:
    supervisor = stack.start(scheduler=PARENT)
    wait_until(
        lambda: len(marked_processes(stack.folder)) == 2, seconds=30, what="a child", watched=[]
    )
    stack.kill("scheduler")
    supervisor.look(now=0)
    assert marked_processes(stack.folder) == []


def test_a_killed_component_leaves_its_number_though_its_starter_lives_on(stack: Parts) -> None:
    stack.start(one=ENDLESS)
    number = stack.process("one").pid
    os.kill(number, signal.SIGKILL)

    def is_free() -> bool:
        try:
            os.kill(number, 0)  # a dead process that nobody waited for takes it
        except ProcessLookupError:
            return True
        return False

    wait_until(is_free, seconds=30, what="the end of the number's use", watched=[])


def test_repeated_failures_end_the_restarts_and_are_said_once(stack: Parts) -> None:
    supervisor = stack.start(scheduler=ENDLESS, triggerer=ENDLESS)
    now = itertools.count(start=0, step=10)
    for _ in range(3):
        stack.kill("triggerer")
        supervisor.look(next(now))
        supervisor.look(next(now))
    for _ in range(3):
        supervisor.look(next(now))
    assert not stack.process("triggerer").alive()
    assert stack.process("scheduler").alive()
    assert given_up(stack.folder) == ["triggerer"]
    final = [line for line in stack.lines if "stays down" in line]
    assert len(final) == 1
    assert str(stack.folder / "triggerer.log") in final[0]
    assert "`make down` and `make up`" in final[0]
    assert [p.name for p in ConditionsOfWork(stack.folder)] == ["triggerer"]


def test_a_restarted_component_is_no_condition_of_work(stack: Parts) -> None:
    stack.start(scheduler=ENDLESS, aws=ENDLESS)
    record_components(stack.folder, recorded_components(stack.folder)[:1])
    stack.kill("scheduler")
    assert list(ConditionsOfWork(stack.folder)) == [stack.process("aws")]


def test_the_process_heals_a_stack_and_ends_before_it(stack: Parts) -> None:
    stack.start(scheduler=ENDLESS)
    supervisor = start_supervisor(stack.folder)
    record_processes(stack.folder, [stack.process("scheduler"), supervisor])
    wait_until(
        lambda: supervisor.pid in {p.pid for p in marked_processes(stack.folder)},
        seconds=30,
        what="the supervisor",
        watched=[supervisor],
    )
    killed = stack.kill("scheduler")
    wait_until(
        lambda: stack.process("scheduler") != killed and stack.process("scheduler").alive(),
        seconds=60,
        what="the restart",
        watched=[supervisor],
    )
    assert "scheduler ended" in events(stack.folder)[0]
    assert [p.name for p in recorded_processes(stack.folder)] == [SUPERVISOR, "scheduler"]
    assert stop_stack(stack.folder, [supervisor, killed], grace=5) == []
    assert marked_processes(stack.folder) == []


def test_each_event_is_on_the_terminal_until_that_is_closed(tmp_path: Path) -> None:
    ours, terminal = pty.openpty()
    log = EventLog(tmp_path, terminal)
    log.write("scheduler ended")
    assert "emmaa: scheduler ended" in os.read(ours, 1000).decode()
    os.close(ours)
    log.write("scheduler runs again")
    os.close(terminal)
    assert [line.split(maxsplit=2)[2] for line in events(tmp_path)] == [
        "scheduler ended",
        "scheduler runs again",
    ]


def test_what_starts_components_is_for_its_owner_alone(stack: Parts) -> None:
    stack.start(scheduler=ENDLESS)
    assert recorded_components(stack.folder)[0].environment == {"SECRET": "s"}
    mode = (stack.folder / "components.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@given(
    gaps=st.lists(st.floats(min_value=0, max_value=2000), max_size=40),
    most=st.integers(min_value=1, max_value=8),
)
def test_pauses_are_bounded_and_there_are_never_too_many_restarts(
    gaps: list[float], most: int
) -> None:
    policy = RestartPolicy(most=most)
    ended, restarts, now = EndedTimes(policy), list[float](), 0.0
    for gap in gaps:
        now += gap
        pause = ended.pause_after(now)
        in_window = [moment for moment in restarts if now - moment <= policy.window]
        if pause is None:
            assert len(in_window) == most
            return
        assert policy.first_pause <= pause <= policy.longest_pause
        restarts.append(now)
        assert len(in_window) < most
