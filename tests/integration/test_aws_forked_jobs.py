"""Jobs that are forked from a preloaded Python are to their scripts what processes are."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.local.provisioning.provision import provision
from infra.shared.function_package import build_function_package
from tests.integration.aws_driver import (
    Batch,
    Gate,
    Server,
    is_running,
    server_log,
    start_server,
    wait_for,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone")

NAMES = {"jobQueue": "emmaa-models-update-test", "jobDefinition": "emmaa_jobdef"}
#: Its import notes the process that it happens in.
PRELOADED = "import os\nIMPORTED_BY = os.getpid()\nVERSION = 1\n"
#: The launcher ends once the job's process is there, before it answers.
DIES_WHILE_A_JOB_STARTS = """
import os
_wait = os.waitpid

def wait_and_die(pid, options):
    _wait(pid, options)
    os._exit(1)

os.waitpid = wait_and_die
"""
FACTS = """
import json, os, random, resource, signal, sys, threading
import preloaded

def kind(stream):
    return [type(stream).__name__, stream.encoding, stream.errors, stream.line_buffering,
            stream.write_through, stream.isatty(), stream.buffer.seekable()]

shown = open("/proc/self/environ", "rb").read()
mark = f"AWS_BATCH_JOB_ID={os.environ['AWS_BATCH_JOB_ID']}"
facts = {
    "pid": os.getpid(),
    "leads": [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()],
    "parent": os.getppid(),
    "imported by": preloaded.IMPORTED_BY,
    "random": random.random(),
    "environment": {n: v for n, v in os.environ.items() if n != "AWS_BATCH_JOB_ID"},
    "is marked": mark.encode() in shown,
    "command": open("/proc/self/cmdline").read().rstrip(chr(0)).split(chr(0)),
    "main": [__name__, __file__, __spec__ is None, sys.modules["__main__"].__file__],
    "arguments": [sys.argv, sys.orig_argv, sys.executable],
    "path": sys.path,
    "streams": [kind(sys.stdin), kind(sys.stdout), kind(sys.stderr)],
    "input": sys.stdin.read(),
    "folder": os.getcwd(),
    "umask": os.umask(0o22),
    "limits": [resource.getrlimit(n) for n in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)],
    "signals": [str(signal.getsignal(n)) for n in (2, 13, 15)],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "threads": threading.active_count(),
    "descriptors": len(os.listdir("/proc/self/fd")),
}
print(json.dumps(facts))
"""
#: Facts that differ between any two processes.
OWN_FACTS = ("pid", "imported by", "random")


def start(folder: Path, *options: str) -> Server:
    """Start a server that forks its jobs, with queues and definitions."""
    libraries = folder / "libraries"
    libraries.mkdir()
    (libraries / "preloaded.py").write_text(PRELOADED)
    server = start_server(
        folder,
        *("--preload", "preloaded", "--own-variables", "OWN_", "--stop-grace", "1"),
        *("--pass-variable", "PYTHONPATH", *options),
        PYTHONPATH=str(libraries),
    )
    (server.folder / "scripts").mkdir()
    provision(
        server.url,
        job_environment={"A": "1"},
        function_zip=build_function_package(),
        function_environment={},
    )
    return server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = start(tmp_path)
    yield server
    server.close()


@pytest.fixture
def batch(server: Server) -> Batch:
    return Batch(server)


def submit(batch: Batch, script: str, *arguments: str, **variables: str) -> str:
    """Submit a script; with a variable whose name is not its own it is not forked."""
    file = batch.server.folder / "scripts" / "job.py"
    file.write_text(script)
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    overrides = {"environment": environment}
    return batch.submit("python", "scripts/job.py", *arguments, overrides=overrides, **NAMES)


def facts(batch: Batch, **variables: str) -> dict[str, Any]:
    """Return what a process sees of itself."""
    words = ("two words", "", "ü'\"", "-x")
    job = batch.wait(submit(batch, FACTS, *words, **variables))
    assert job["status"] == "SUCCEEDED", batch.output(job)
    return dict(json.loads(batch.output(job)[-1]))


def preload(batch: Batch, folder: Path, text: str) -> None:
    """Change what is preloaded; a launcher that has imported the former text ends with a job."""
    (folder / "libraries" / "preloaded.py").write_text(text)
    batch.wait(submit(batch, "pass"))


def test_a_forked_job_is_like_a_process_of_its_own(batch: Batch) -> None:
    forked, again = (facts(batch, OWN_NAME="x") for _ in range(2))
    started = facts(batch, OWN_NAME="x", FOREIGN="y")

    assert forked["imported by"] == again["imported by"] != forked["pid"]
    assert started["imported by"] == started["pid"]
    assert len({document["random"] for document in (forked, again, started)}) == 3
    del started["environment"]["FOREIGN"]
    for document in (forked, again, started):
        for name in OWN_FACTS:
            del document[name]
    assert forked == again == started
    assert (forked["leads"], forked["is marked"]) == ([True, True], True)
    assert forked["parent"] == batch.server.process.pid
    assert forked["environment"]["OWN_NAME"] == "x"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("import sys; sys.exit(3)", 3),
        ("pass", 0),
        ("import sys; sys.exit('no')", 1),
        ("raise KeyError('lost')", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import threading, os; threading.Timer(0.2, print, ['late']).start()", 0),
    ],
)
def test_a_forked_job_ends_as_a_process_does(batch: Batch, script: str, code: int) -> None:
    ends = [batch.wait(submit(batch, script, **{name: "x"})) for name in ("OWN_NAME", "FOREIGN")]

    assert [job["container"]["exitCode"] for job in ends] == [code, code]
    assert len({job["statusReason"] for job in ends}) == 1
    assert len({(batch.output(job) or [""])[-1] for job in ends}) == 1


def test_a_forked_job_is_stopped_with_what_it_started(batch: Batch, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"""
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "300"])
orphan = subprocess.run(["sh", "-c", "sleep 300 >/dev/null & echo $!"], stdout=-1, text=True).stdout
with open("{pids}.new", "w") as out:
    out.write(f"{{os.getpid()}} {{child.pid}} {{orphan}}")
os.rename("{pids}.new", "{pids}")
time.sleep(300)
"""
    job_id = submit(batch, script)
    wait_for("the job's children", pids.exists)
    found = [int(word) for word in pids.read_text().split()]
    batch.client.terminate_job(jobId=job_id, reason="enough")
    job = batch.wait(job_id)

    assert (job["statusReason"], job["container"]["exitCode"]) == ("enough", 143)
    assert not any(psutil.pid_exists(pid) for pid in found), "ended, and no zombie"


def test_changed_sources_take_effect(batch: Batch, tmp_path: Path) -> None:
    script = "import preloaded; print(preloaded.VERSION, preloaded.IMPORTED_BY)"
    lines = [batch.output(batch.wait(submit(batch, script)))[0]]
    (tmp_path / "libraries" / "preloaded.py").write_text(PRELOADED.replace("1", "22"))
    lines += [batch.output(batch.wait(submit(batch, script)))[0] for _ in range(3)]

    assert [line.split()[0] for line in lines] == ["1", "22", "22", "22"]
    assert lines[2] == lines[3], "forked from a new Python"


def test_jobs_go_on_without_the_launcher(batch: Batch, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    waiting = "import subprocess, sys; subprocess.run(sys.argv[1], shell=True); sys.exit(5)"
    running = submit(batch, waiting, gate.script)
    batch.wait(running, "RUNNING")
    [launcher] = fork_servers(batch.server)
    launcher.kill()
    wait_for("the launcher's end", lambda: not is_running(launcher.pid))
    next_job = batch.wait(submit(batch, "print('as usual')"))

    assert batch.output(next_job) == ["as usual"]
    assert "their launcher is lost" in server_log(batch.server)
    gate.open()
    assert batch.wait(running)["container"]["exitCode"] == 5


def test_a_job_starts_once_although_the_launcher_dies_before_it_answers(
    batch: Batch, tmp_path: Path
) -> None:
    preload(batch, tmp_path, DIES_WHILE_A_JOB_STARTS)
    starts = tmp_path / "starts"
    job = batch.wait(submit(batch, f"open({str(starts)!r}, 'a').write('x'); print('as usual')"))
    children = psutil.Process(batch.server.process.pid).children
    wait_for("the end of all jobs", lambda: not any(is_running(c.pid) for c in children()))

    assert batch.output(job) == ["as usual"]
    assert starts.read_text() == "x"
    assert "their launcher is lost" in server_log(batch.server)


@pytest.mark.parametrize("fault", ["raise ImportError('no')", "import os; os._exit(0)"])
def test_jobs_start_without_a_launcher(batch: Batch, tmp_path: Path, fault: str) -> None:
    preload(batch, tmp_path, fault)
    job = batch.wait(submit(batch, "print('as usual')"))

    assert batch.output(job) == ["as usual"]
    assert "their launcher does not start" in server_log(batch.server)


def test_a_launcher_that_would_lose_threads_is_not_used(batch: Batch, tmp_path: Path) -> None:
    fault = "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()"
    preload(batch, tmp_path, fault + "\nimport os")
    job = batch.wait(submit(batch, "print('as usual')"))

    assert batch.output(job) == ["as usual"]
    assert "which a fork would lose" in server_log(batch.server)


def test_the_launcher_ends_with_its_server(batch: Batch, tmp_path: Path) -> None:
    batch.wait(submit(batch, "pass"))
    [launcher] = fork_servers(batch.server)
    batch.server.process.send_signal(signal.SIGKILL)
    batch.server.process.wait(30)

    wait_for("the launcher's end", lambda: not is_running(launcher.pid))


def test_a_killed_server_s_forked_job_is_ended_by_the_next(tmp_path: Path) -> None:
    options = ("--state-directory", str(tmp_path / "state"))
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first = start(folders[0], *options)
    pid_file = tmp_path / "pid"
    script = f"""
import os, time
with open("{pid_file}.new", "w") as out:
    out.write(str(os.getpid()))
os.rename("{pid_file}.new", "{pid_file}")
time.sleep(300)
"""
    job_id = submit(Batch(first), script)
    wait_for("the job's start", pid_file.exists)
    pid = int(pid_file.read_text())
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(30)
    assert is_running(pid)
    second = start(folders[1], *options)
    try:
        wait_for("the end of what was left", lambda: not is_running(pid))
        first_attempt = Batch(second).wait(job_id)["attempts"][0]
        assert first_attempt["statusReason"].startswith("Host EC2")
    finally:
        first.close()
        second.close()


def fork_servers(server: Server) -> list[psutil.Process]:
    """Return the server's children that fork jobs."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if any("fork_server" in word for word in child.cmdline())]
