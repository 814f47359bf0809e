"""Helpers for tests of the embedded AWS: a server in a subprocess, and shorter Batch calls."""

from __future__ import annotations

import io
import os
import selectors
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from botocore.config import Config

from infra.local.aws.client import make_client
from infra.local.stack.processes import STACK_VARIABLE
from tests.killed_runs import mark_of_this_run

QUEUE = "tests"
DEFINITION = "tests"
LOG_GROUP = "/aws/batch/job"
SECONDS = 60.0
REGION = "us-east-1"
REPOSITORY = Path(__file__).resolve().parents[2]
#: A retry strategy: whatever a job failed by, it is tried again.
RETRY_ALL = {"attempts": 3}

T = TypeVar("T")


def wait_for(what: str, check: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Poll until ``check`` gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:.0f} s"
        time.sleep(0.02)
    return found


def is_running(pid: int) -> bool:
    """Return whether a process runs; a dead one that is not yet reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@dataclass
class Server:
    """An embedded AWS in a separate process.

    :param folder: the jobs' working directory
    """

    url: str
    process: subprocess.Popen[str]
    folder: Path
    log: Path
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
            self.clients[service] = make_client(service, self.url, REGION, config)
        return self.clients[service]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def close(self) -> None:
        """Stop it, if it runs, and close its output and clients."""
        if self.process.poll() is None:
            self.stop()
        if self.process.stdout is not None:
            self.process.stdout.close()
        for client in self.clients.values():
            client.close()


def start_server(folder: Path, *options: str, **environment: str) -> Server:
    """Start a server on a free port and wait until it is ready."""
    jobs, log = folder / "jobs", folder / "aws.log"
    jobs.mkdir()
    argv = [sys.executable, "-m", "infra.local.aws", "--port", "0", "--log-file", str(log)]
    argv += ["--jobs-directory", str(jobs), "--jobs-bin", str(Path(sys.executable).parent)]
    argv += ["--pass-variable", STACK_VARIABLE]
    own = {"PATH": os.environ["PATH"], "HOME": str(folder), **mark_of_this_run()}
    process = subprocess.Popen(
        [*argv, *options],
        cwd=REPOSITORY,
        env={**own, **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    line = _first_line(process)
    assert line.startswith("Embedded AWS ready at http://127.0.0.1:"), line
    return Server(line.split()[-1], process, jobs, log)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(SECONDS), "the server did not get ready"
    return process.stdout.readline()


def refusal(*options: str, folder: Path, jobs_bin: Path | None = None) -> str:
    """Return the message with which the server refuses to start."""
    programs = jobs_bin or Path(sys.executable).parent
    argv = [sys.executable, "-m", "infra.local.aws", "--jobs-directory", str(folder)]
    done = subprocess.run(
        [*argv, "--jobs-bin", str(programs), *options],
        cwd=REPOSITORY,
        env={},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def package(files: dict[str, str]) -> bytes:
    """Return the zip of a function."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class Batch:
    """Batch with one queue and one definition."""

    server: Server

    @property
    def client(self) -> Any:
        return self.server.client("batch")

    def submit(self, *command: str, name: str = "job", **options: Any) -> str:
        """Submit a command and return the job's id."""
        overrides = {"command": list(command), **options.pop("overrides", {})}
        request = {"jobQueue": QUEUE, "jobDefinition": DEFINITION, **options}
        answer = self.client.submit_job(jobName=name, containerOverrides=overrides, **request)
        return str(answer["jobId"])

    def python(self, code: str, *arguments: str, **options: Any) -> str:
        """Submit Python code."""
        return self.submit("python", "-c", code, *arguments, **options)

    def shell(self, script: str, **options: Any) -> str:
        """Submit a shell script."""
        return self.submit("sh", "-c", script, **options)

    def job(self, job_id: str) -> dict[str, Any]:
        """Return the job's description."""
        [job] = self.client.describe_jobs(jobs=[job_id])["jobs"]
        return dict(job)

    def status(self, job_id: str) -> str:
        return str(self.job(job_id)["status"])

    def wait(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until the job has one of the statuses, by default SUCCEEDED or FAILED."""
        wanted = statuses or ("SUCCEEDED", "FAILED")

        def reached() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in wanted else None

        return wait_for(f"job {job_id} {' or '.join(wanted)}", reached)

    def run(self, *command: str, **options: Any) -> dict[str, Any]:
        """Submit a command and wait for its end."""
        return self.wait(self.submit(*command, **options))

    def events(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """All log events of a job's last attempt."""
        stream = {
            "logGroupName": LOG_GROUP,
            "logStreamName": job["container"]["logStreamName"],
            "startFromHead": True,
        }
        logs = self.server.client("logs")
        events: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = logs.get_log_events(**stream, **token)
            if not page["events"]:
                return events
            events += page["events"]
            token = {"nextToken": page["nextForwardToken"]}

    def output(self, job: dict[str, Any]) -> list[str]:
        """Return the log of a job's last attempt."""
        return [event["message"] for event in self.events(job)]


class Gate:
    """Holds a job until it is opened: the job's command ends with the gate's script."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.script = f"while [ ! -e {file} ]; do sleep 0.02; done"

    def open(self) -> None:
        self._file.touch()


FUNCTION_ROLE = "arn:aws:iam::123456789012:role/emmaa-upload-to-dag-run"


def create_function(server: Server, name: str, code: str, **options: Any) -> str:
    """Create a function of one module whose ``handler`` is called, and return its ARN."""
    answer = server.client("lambda").create_function(
        **{
            "FunctionName": name,
            "Role": FUNCTION_ROLE,
            "Handler": "function.handler",
            "Runtime": "python3.12",
            "Code": {"ZipFile": package({"function.py": code})},
            "Timeout": 30,
            **options,
        }
    )
    return str(answer["FunctionArn"])


def server_log(server: Server) -> str:
    return server.log.read_text()
