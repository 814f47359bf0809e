"""The launcher: it is ready before the first job, and loses no job and starts none twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.aws.batch.launcher import JOB_ID, ForkServer, Launcher
from infra.local.stack.processes import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone")

#: Run by the launcher once the job's process is there, before it answers.
DIES, IS_SILENT = "os._exit(1)", "os.kill(os.getpid(), signal.SIGSTOP)"
PRELOADED = """
import os, signal
_wait = os.waitpid

def wait_and_fail(pid, options):
    _wait(pid, options)
    {fault}

os.waitpid = wait_and_fail
"""


def start_server(folder: Path, preloaded: str, answer_seconds: float = 60.0) -> ForkServer:
    (folder / "preloaded.py").write_text(preloaded)
    (folder / "job.py").write_text("print('runs')")
    return ForkServer(
        sys.executable, ["preloaded"], {"PYTHONPATH": str(folder)}, folder, answer_seconds
    )


def fork(server: ForkServer, output: int) -> bool:
    """Start the job; return whether there is a process of it."""
    argv = [sys.executable, "job.py"]
    job = server.fork(argv, {**server.environment, JOB_ID: "-" * 36}, output)
    return job is not None


def output_of_all(reading: int, writing: int) -> bytes:
    """Return what was written until the last process that could has ended."""
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        return stream.read()


def test_a_job_runs_once_its_process_is_known(tmp_path: Path) -> None:
    server = start_server(tmp_path, "")
    reading, writing = os.pipe()
    assert fork(server, writing)
    server.close()

    assert output_of_all(reading, writing) == b"runs\n"


@pytest.mark.parametrize(
    ("fault", "answer_seconds"), [(DIES, 60.0), (IS_SILENT, 0.1)], ids=["dies", "silent"]
)
def test_a_job_without_an_answer_does_not_run(
    tmp_path: Path, fault: str, answer_seconds: float
) -> None:
    server = start_server(tmp_path, PRELOADED.format(fault=fault), answer_seconds)
    reading, writing = os.pipe()
    with pytest.raises(OSError, match=r"it has ended|timed out|reset"):
        fork(server, writing)

    assert output_of_all(reading, writing) == b""
    with open(os.devnull, "wb") as nowhere:
        assert not fork(server, nowhere.fileno()), "whose answer could be the first one's"


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    """Yield a launcher whose import writes a line into the file ``imports``."""
    (tmp_path / "job.py").write_text("print('runs')")
    (tmp_path / "preloaded.py").write_text("print('', file=open('imports', 'a'))")
    found = Launcher(Path(sys.executable), ["preloaded"], tmp_path)
    yield found
    found.close()


def test_the_first_job_finds_what_was_prepared(tmp_path: Path, launcher: Launcher) -> None:
    environment = {"PYTHONPATH": str(tmp_path)}
    argv = [sys.executable, "job.py"]
    for _ in range(3):  # as many definitions
        launcher.prepare(environment)
    wait_until(
        (tmp_path / "imports").exists, seconds=60, what="the import before any job", watched=[]
    )

    first = launcher.server_for(argv, environment, own=[])

    assert first is not None
    assert launcher.server_for(argv, environment, own=[]) is first
    assert (tmp_path / "imports").read_text() == "\n"


@pytest.mark.parametrize("odd", [{"A": "\0"}, {"A=": "1"}], ids=["null", "name"])
def test_a_definition_with_an_odd_variable_costs_no_other_job(
    tmp_path: Path, launcher: Launcher, odd: dict[str, str]
) -> None:
    launcher.prepare(odd)
    environment = {"PYTHONPATH": str(tmp_path)}

    assert launcher.server_for([sys.executable, "job.py"], environment, own=[]) is not None


def test_nothing_starts_after_the_end(tmp_path: Path, launcher: Launcher) -> None:
    environment = {"PYTHONPATH": str(tmp_path)}
    launcher.close()
    launcher.prepare(environment)

    assert launcher.server_for([sys.executable, "job.py"], environment, own=[]) is None
    assert not (tmp_path / "imports").exists()
