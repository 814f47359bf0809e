"""Processes of the local stack end with all that they started."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from infra.local.processes import StartedProcess, start_process, stop_processes, wait_until

GRANDCHILD = "import time; time.sleep(60)"
FAMILY = f"""
import subprocess, sys, time
same = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}])
own = subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], start_new_session=True)
print(same.pid, own.pid, flush=True)
"""


def start(tmp_path: Path, code: str) -> StartedProcess:
    return start_process(
        "family",
        [sys.executable, "-c", code],
        environment={"PATH": "/usr/bin:/bin"},
        directory=tmp_path,
        log=tmp_path / "log",
    )


def children_of(started: StartedProcess) -> list[int]:
    log = Path(started.log)
    wait_until(lambda: log.read_text().endswith("\n"), seconds=30, what="output", watched=[])
    return [int(pid) for pid in log.read_text().split()]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_descendants_in_other_sessions_end_too(tmp_path: Path) -> None:
    family = start(tmp_path, FAMILY + "time.sleep(60)")
    children = children_of(family)
    stop_processes([family])
    assert not family.alive()
    assert [gone(pid) for pid in children] == [True, True]


def test_session_of_a_dead_leader_ends_too(tmp_path: Path) -> None:
    family = start(tmp_path, FAMILY)
    same, own = children_of(family)
    wait_until(lambda: not family.alive(), seconds=30, what="the leader's end", watched=[])
    assert not gone(same)
    stop_processes([family])
    assert gone(same)
    psutil.Process(own).kill()  # left the session before its parent ended: nobody's any more


def test_a_reused_pid_is_not_ours(tmp_path: Path) -> None:
    mine = psutil.Process()
    other = StartedProcess("old", mine.pid, mine.create_time() - 100, str(tmp_path / "log"))
    assert not other.alive()


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
