"""A test run that is ended by SIGTERM tears its fixtures down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ENDLESS = """
import subprocess, sys, threading
import pytest

@pytest.fixture(scope="session")
def server():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()

def test_endless(server):
    print("process", server.pid, file=sys.__stdout__, flush=True)
    threading.Event().wait()
"""


def test_sigterm_ends_a_run_and_what_it_started(tmp_path: Path) -> None:
    file = tmp_path / "test_endless.py"
    file.write_text(ENDLESS)
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s", "-p", "tests.sigterm", "-c", os.devnull, str(file)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    line = next(line for line in run.stdout if "process" in line)
    run.send_signal(signal.SIGTERM)
    rest, _ = run.communicate(timeout=60)

    assert run.returncode == 128 + signal.SIGTERM
    assert "ended by SIGTERM" in rest
    with pytest.raises(ProcessLookupError):
        os.kill(int(line.split()[-1]), 0)


LOST = """
import os, signal

class Swallowing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

def test_loses_the_signal():
    Swallowing()

def test_after_it():
    print("the run went on")
"""


def test_sigterm_ends_a_run_whose_code_swallowed_it(tmp_path: Path) -> None:
    file = tmp_path / "test_lost.py"
    file.write_text(LOST)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-p", "tests.sigterm", "-c", os.devnull, str(file)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 128 + signal.SIGTERM, run.stdout
    assert "the run went on" not in run.stdout
