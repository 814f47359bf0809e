"""Processes are the same ones whether ``/proc`` or psutil shows them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.stack import processes, procfs, psutil_processes
from infra.local.stack.processes import start_process, stop_stack
from infra.local.stack.procfs import Sighting

ENDLESS = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
SPEAKING = [
    *(sys.executable, "-S", "-c"),
    "import time; print('ready', flush=True); time.sleep(600)",
]
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
    """Yield a process that runs its program: before, psutil would see no variables."""
    with subprocess.Popen(
        SPEAKING, start_new_session=True, env={"MARK": "a=b"}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
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


@pytest.mark.parametrize("end_of_variables", [0, 9], ids=["before", "since"])
def test_variables_of_a_program_that_is_being_loaded_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end_of_variables: int
) -> None:
    """Between the kernel's steps of an ``execve`` a process runs and has no variables.

    They may have been set since the look at them.
    """
    folder = tmp_path / "7"
    folder.mkdir()
    loading = stat_line(pid=7, memory=4096, end_of_variables=end_of_variables)
    (folder / "stat").write_text(loading)
    (folder / "environ").write_bytes(b"")
    waits = []

    def load(seconds: float) -> None:
        waits.append(seconds)
        (folder / "environ").write_bytes(b"OTHER=1\0MARK=a=b\0")

    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    monkeypatch.setattr(time, "sleep", load)
    assert procfs.variable_of(7, "MARK") == "a=b"
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("memory", "end_of_variables"),
    [(4096, 1), (0, 0)],
    ids=["started without variables", "the kernel's own"],
)
def test_a_process_without_variables_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, end_of_variables: int
) -> None:
    (tmp_path / "7").mkdir()
    line = stat_line(pid=7, memory=memory, end_of_variables=end_of_variables)
    (tmp_path / "7" / "stat").write_text(line)
    (tmp_path / "7" / "environ").write_bytes(b"")
    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    assert procfs.variable_of(7, "MARK") is None


def stat_line(*, pid: int, memory: int, end_of_variables: int) -> str:
    """Return a process as ``/proc/PID/stat`` shows it, numbered as in proc_pid_stat(5)."""
    fields = ["0"] * 52
    fields[0], fields[1], fields[2] = str(pid), "(python (x) 3)", "R"
    fields[22], fields[49], fields[50] = str(memory), "1", str(end_of_variables)
    return " ".join(fields) + "\n"


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
