"""The server's command: its start, its end and what it refuses."""

from __future__ import annotations

import ctypes
import signal
import socket
from pathlib import Path

import psutil
import pytest

from emmaa_cycle.settings import load_settings
from infra.local.provisioning.provision import provision
from tests.integration.aws_driver import SECONDS, package, refusal, start_server, wait_for


def test_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = refusal("--port", str(port), folder=tmp_path)

    assert f"port {port} of 127.0.0.1 is taken: choose another with --port" in message


def test_options_that_cannot_be_used(tmp_path: Path) -> None:
    assert "is not a folder" in refusal(folder=tmp_path / "none")
    assert "holds no python" in refusal(folder=tmp_path, jobs_bin=tmp_path)
    assert "--slots 0" in refusal("--slots", "0", folder=tmp_path)
    assert "LOCAL_AIRFLOW_USERNAME and LOCAL_AIRFLOW_PASSWORD" in refusal(
        "--airflow-url", "http://127.0.0.1:1", folder=tmp_path
    )


def test_signal_that_another_thread_gets(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    process = server.process.pid
    threads = [thread.id for thread in psutil.Process(process).threads() if thread.id != process]
    assert ctypes.CDLL(None).tgkill(process, threads[-1], signal.SIGTERM) == 0

    assert server.process.wait(SECONDS) == 0
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_server_and_all_jobs(tmp_path: Path, number: signal.Signals) -> None:
    server = start_server(tmp_path)
    provision(
        server.url,
        job_environment={},
        function_zip=package({"empty.py": ""}),
        function_environment={},
        settings=load_settings(),
    )
    batch = server.client("batch")
    target = {"jobQueue": "emmaa-after-update", "jobDefinition": "emmaa_jobdef"}
    stubborn = "trap '' TERM; touch started; while true; do sleep 1; done"
    for command in (["sh", "-c", stubborn], ["sleep", "300"], ["sleep", "300"]):
        batch.submit_job(jobName="j", containerOverrides={"command": command}, **target)
    wait_for("the job", (server.folder / "started").exists)
    jobs = psutil.Process(server.process.pid).children(recursive=True)
    server.process.send_signal(number)

    assert jobs
    assert server.process.wait(SECONDS) == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    _, alive = psutil.wait_procs(jobs, timeout=SECONDS)
    assert alive == []
    assert "Traceback" not in server.log.read_text()
