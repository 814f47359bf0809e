"""The end of a job's process is that of any Python, but for the memory that it does not free."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEAVE = "from emmaa_jobs.commands.process_end import leave\n"


def run(code: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LEAVE + code],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_given_and_nothing_written_is_lost(code: int) -> None:
    done = run(f"import sys; print('out'); print('err', file=sys.stderr); leave({code})")
    assert (done.returncode, done.stdout, done.stderr) == (code, "out\n", "err\n")


def test_what_is_to_be_done_at_exit_is_done(tmp_path: Path) -> None:
    code = f"""
import atexit, tempfile
folder = tempfile.TemporaryDirectory(dir={str(tmp_path)!r})
atexit.register(print, "done")
leave(0)
"""
    assert run(code).stdout == "done\n"
    assert not list(tmp_path.iterdir())


def test_threads_are_waited_for() -> None:
    code = "import threading, time\n"
    code += "threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start(); leave(4)"
    done = run(code)
    assert (done.returncode, done.stdout) == (4, "late\n")


def test_output_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        done = run("print('out'); leave(0)", full.fileno())
    assert done.returncode == 120
    assert "No space left on device" in done.stderr


def test_objects_are_not_taken_apart() -> None:
    code = """
class Table:
    def __del__(self):
        print("taken apart")
table = Table()
leave(0)
"""
    assert run(code).stdout == ""
