"""Processes of the local stack end with all that they started, and nobody else's do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from infra.local.stack.processes import (
    STACK_VARIABLE,
    StartedProcess,
    marked_processes,
    start_process,
    stop_processes,
    stop_stack,
    wait_until,
)
from infra.local.stack.procfs import look_at

GRANDCHILD = "import time; time.sleep(60)"
FAMILY = f"""
import subprocess, sys, time
same = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}])
own = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], start_new_session=True)
print(same.pid, own.pid, flush=True)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def start(tmp_path: Path, code: str) -> StartedProcess:
    return start_process(
        "family",
        [sys.executable, "-c", code],
        environment={"PATH": "/usr/bin:/bin"},
        directory=tmp_path,
        log=tmp_path / "log",
    )


def words_of(started: StartedProcess) -> list[str]:
    log = Path(started.log)
    wait_until(lambda: log.read_text().endswith("\n"), seconds=30, what="output", watched=[])
    return log.read_text().split()


def children_of(started: StartedProcess) -> list[int]:
    return [int(pid) for pid in words_of(started)]


def gone(pid: int) -> bool:
    found = look_at(pid)
    return found is None or not found.running


@pytest.fixture
def strangers() -> Iterator[list[int]]:
    """Pids of processes that no stack started; ended afterwards."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def leaderless_session(tmp_path: Path) -> tuple[int, int]:
    """Return a stranger's session whose leader has ended: the leader's pid and a member's."""
    code = FAMILY.replace("own = ", "own = same #")
    leader = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    with leader.stdout:
        member = int(leader.stdout.readline().split()[0])
    leader.wait()
    return leader.pid, member


def test_descendants_in_other_sessions_end_too(tmp_path: Path) -> None:
    family = start(tmp_path, FAMILY + "time.sleep(60)")
    children = children_of(family)
    assert stop_processes([family]) == []
    assert not family.alive()
    assert [gone(pid) for pid in children] == [True, True]


def test_session_of_a_dead_leader_ends_too(tmp_path: Path) -> None:
    family = start(tmp_path, FAMILY)
    same, own = children_of(family)
    wait_until(lambda: not family.alive(), seconds=30, what="the leader's end", watched=[])
    assert not gone(same)
    stop_processes([family])
    assert gone(same)
    os.kill(own, signal.SIGKILL)  # left the session: not of this process, but of the stack


def test_a_stack_ends_with_what_left_its_sessions(tmp_path: Path) -> None:
    family = start(tmp_path, FAMILY)
    children = children_of(family)
    wait_until(lambda: not family.alive(), seconds=30, what="the leader's end", watched=[])
    assert {process.pid for process in marked_processes(tmp_path)} == set(children)
    assert stop_stack(tmp_path, []) == []
    assert [gone(pid) for pid in children] == [True, True]
    assert marked_processes(tmp_path) == []


def test_other_stacks_stay(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first, second = start(one, GRANDCHILD), start(two, GRANDCHILD)
    stop_stack(one, [first])
    assert (first.alive(), second.alive()) == (False, True)
    stop_stack(two, [second])


def test_a_strangers_session_of_the_recorded_pid_survives(
    tmp_path: Path, strangers: list[int]
) -> None:
    mine = look_at(os.getpid())
    assert mine is not None
    pid, member = leaderless_session(tmp_path)
    strangers.append(member)
    ended = start(tmp_path, "pass")
    wait_until(lambda: not ended.alive(), seconds=30, what="its end", watched=[])
    recorded = replace(ended, pid=pid, started=mine.started, handle=None)
    assert stop_processes([recorded]) == []
    assert stop_stack(tmp_path, [recorded]) == []
    assert not gone(member)


def test_after_a_boot_no_pid_is_ours(tmp_path: Path) -> None:
    going = start(tmp_path, GRANDCHILD)
    earlier = replace(going, boot="another", handle=None)
    assert not earlier.alive()
    assert stop_processes([earlier]) == []
    assert going.alive()
    stop_processes([going])


def test_a_reused_pid_is_not_ours(tmp_path: Path) -> None:
    going = start(tmp_path, GRANDCHILD)
    other = replace(going, started=going.started - 100, handle=None)
    assert not other.alive()
    assert going.alive()
    stop_processes([going])


@pytest.mark.parametrize("step", [-1, 1])
def test_a_clock_that_is_set_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The machine's boot time, out of which a start in seconds is worked out, moves with it."""
    going = start(tmp_path, GRANDCHILD)
    booted, created = psutil.boot_time(), psutil.Process(going.pid).create_time()
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: booted + step)
    assert round(psutil.Process(going.pid).create_time() - created) == step
    recorded = StartedProcess(**going.to_json())
    assert recorded.alive()
    assert stop_processes([recorded]) == []
    assert not going.alive()


def test_what_does_not_end_is_killed_after_the_grace(tmp_path: Path) -> None:
    stubborn = start(tmp_path, STUBBORN)
    assert words_of(stubborn) == ["ready"]
    assert stop_processes([stubborn], grace=0.1) == []
    assert stubborn.handle is not None
    assert stubborn.handle.returncode == -signal.SIGKILL


def test_the_mark_is_the_stacks_folder(tmp_path: Path) -> None:
    started = start(tmp_path, f"import os; print(os.environ[{STACK_VARIABLE!r}])")
    assert words_of(started) == [str(tmp_path)]
    stop_processes([started])


def test_waiting_names_the_process_that_ended_and_its_last_words(tmp_path: Path) -> None:
    failing = start(tmp_path, "raise SystemExit('no such option')")
    with pytest.raises(RuntimeError, match=r"family ended .*(?s:.)*no such option"):
        wait_until(lambda: False, seconds=30, what="an answer", watched=[failing])


def test_waiting_names_the_logs_when_time_is_up(tmp_path: Path) -> None:
    going = start(tmp_path, GRANDCHILD)
    try:
        with pytest.raises(RuntimeError, match=f"an answer took longer .*{tmp_path}"):
            wait_until(lambda: False, seconds=0, what="an answer", watched=[going])
    finally:
        stop_processes([going])


FIRST_THREAD_ENDS = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
print("ready", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_runs_until_its_last_thread_has_ended() -> None:
    """Its first thread may end before: then it shows as a zombie that nobody can wait for yet."""
    process = subprocess.Popen(
        [sys.executable, "-c", FIRST_THREAD_ENDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        wait_until(lambda: state_of(process.pid) == "Z", seconds=30, what="the end", watched=[])
        found = look_at(process.pid)
        assert process.poll() is None
        assert found is not None
        assert found.running
        process.communicate()


def test_two_looks_at_a_process_tell_of_one() -> None:
    """Else one that fell asleep in between would be signalled, and named, twice."""
    one = look_at(os.getpid())
    assert one is not None
    other = replace(one, state="D", parent=1, session=1, threads=one.threads + 1)
    assert {one: True, other: True} == {one: True}
    assert replace(one, started=one.started + 1) != one


def state_of(pid: int) -> str:
    found = look_at(pid)
    return found.state if found else ""
