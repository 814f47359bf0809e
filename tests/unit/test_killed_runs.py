"""Servers and stacks of a test run end with it, even if it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from infra.local.stack.processes import marked_processes, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = """
import sys
from pathlib import Path
from infra.local.stack.processes import start_process
from tests.killed_runs import stack_ends_with_this_process

folder = Path(sys.argv[1])
with stack_ends_with_this_process(folder):
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    start_process("part", argv, environment={}, directory=folder, log=folder / "part.log")
    print("ready", flush=True)
    sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a run that waits for its input to end, with a stack of one process."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    return run


def test_a_stack_ends_with_a_killed_run(tmp_path: Path) -> None:
    with start(tmp_path) as run:
        assert len(marked_processes(tmp_path)) == 1
        run.send_signal(signal.SIGKILL)
    wait_until(
        lambda: not marked_processes(tmp_path), seconds=60, what="the stack's end", watched=[]
    )


def test_a_stack_outlives_a_run_that_has_left_the_block(tmp_path: Path) -> None:
    with start(tmp_path) as run:
        run.communicate()
        assert run.returncode == 0
    (left,) = marked_processes(tmp_path)
    assert left.running
    subprocess.run([sys.executable, "-m", "infra.local.down", str(tmp_path)], check=True)
    assert marked_processes(tmp_path) == []
