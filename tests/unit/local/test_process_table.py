"""Processes are the same ones whether ``/proc`` or psutil shows them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local.stack import processes, procfs, psutil_processes
from infra.local.stack.processes import start_process, stop_stack
from infra.local.stack.procfs import Sighting

ENDLESS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
PARENT = [
    sys.executable,
    "-S",
    "-c",
    "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], start_new_session=True);"
    "print('ready', flush=True); time.sleep(600)",
    *ENDLESS,
]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(ENDLESS, start_new_session=True, env={"MARK": "a=b"}) as process:
        yield process
        process.kill()


def facts(process: Sighting | None) -> tuple[int, int, int, bool] | None:
    if process is None:
        return None
    return process.pid, process.parent, process.session, process.running


def test_both_see_the_same(child: subprocess.Popen[bytes]) -> None:
    assert facts(procfs.look_at(child.pid)) == facts(psutil_processes.look_at(child.pid))
    assert psutil_processes.look_at(child.pid) == psutil_processes.look_at(child.pid)
    for table in (procfs, psutil_processes):
        assert table.variable_of(child.pid, "MARK") == "a=b"
        assert table.variable_of(child.pid, "OTHER") is None
        seen = {process.pid for process in table.all_processes()}
        assert child.pid in seen
        assert os.getpid() not in seen


def test_both_see_an_end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    for table in (procfs, psutil_processes):
        dead = table.look_at(child.pid)
        assert dead is not None
        assert not dead.running
        assert table.variable_of(child.pid, "MARK") is None or table is procfs
    child.wait()
    assert procfs.look_at(child.pid) is psutil_processes.look_at(child.pid) is None


def test_a_boot_has_one_id() -> None:
    assert psutil_processes.boot_id() == psutil_processes.boot_id() != ""


def test_a_stack_is_ended_without_proc(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grandchild in a session of its own is found by the stack's mark."""
    for name in ("all_processes", "boot_id", "look_at", "variable_of"):
        monkeypatch.setattr(processes, name, getattr(psutil_processes, name))
    folder = tmp_path_factory.mktemp("stack")
    log = folder / "parent.log"
    started = start_process("parent", PARENT, environment={}, directory=folder, log=log)
    processes.wait_until(log.read_text, seconds=30, what="the grandchild", watched=[started])
    assert len(processes.marked_processes(folder)) == 2
    assert stop_stack(folder, [started], grace=5) == []
    assert processes.marked_processes(folder) == []
    assert not started.alive()
