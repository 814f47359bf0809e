"""Metrics as a StatsD server and an OpenTelemetry collector receive them.

A process sets up Airflow's metrics as each task's process does, from Airflow's configuration, and
writes some when Airflow would read what to run.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PLUGINS = Path(__file__).parents[3] / "plugins"
#: The process' own end flushes what OpenTelemetry has gathered, as at the end of a task.
TASK = """
import sys
from airflow.sdk.execution_time import task_runner
from emmaa_airflow.reporting.metrics import write_metrics
from emmaa_cycle.overview.metrics import Metric
from emmaa_cycle.settings import Settings

def write():
    of_corpus = {"model": "marm", "corpus": "ras 1"}
    write_metrics(Settings(), [
        Metric("statements", 9, "Count", {"model": "marm"}),
        Metric("pass_rate", 62.5, "Percent", {**of_corpus, "type": "pysb"}),
    ])
    sys.exit(0)

task_runner.get_startup_details = write
task_runner.main()
"""


def run_task(home: Path, **metrics: object) -> None:
    """Let the process of a task write metrics, with these options of Airflow's ``[metrics]``."""
    options = {f"AIRFLOW__METRICS__{name}": str(value) for name, value in metrics.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(PLUGINS),
        "NO_PROXY": HOST,
        **options,
    }
    ours, its = socket.socketpair()
    with ours, its:
        done = subprocess.run(
            [sys.executable, "-c", TASK],
            env=environment,
            stdin=its.fileno(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_statsd_server_receives_the_numbers(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        server.settimeout(10)
        port = server.getsockname()[1]
        run_task(tmp_path, STATSD_ON=True, STATSD_HOST=HOST, STATSD_PORT=port)
        found: set[str] = set()
        while len(found) < 2:  # Airflow's own metrics come as well
            line = server.recv(4096).decode()
            found |= {line} if line.startswith("airflow.emmaa.") else set()
    assert found == {
        "airflow.emmaa.statements.marm:9|g",
        "airflow.emmaa.pass_rate.marm.ras_1.pysb:62.5|g",
    }


@contextmanager
def collector() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """Serve as an OTLP collector over HTTP: yields the port, and paths and bodies of requests."""
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def gauges(body: bytes) -> Iterator[tuple[str, float, dict[str, str]]]:
    """Yield name, value and attributes of each gauge of an OTLP request."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    request: Any = ExportMetricsServiceRequest.FromString(body)
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.gauge.data_points:
                    value = point.as_double or point.as_int
                    labels = {each.key: each.value.string_value for each in point.attributes}
                    yield metric.name, value, labels


def test_an_opentelemetry_collector_receives_the_numbers_and_labels(tmp_path: Path) -> None:
    with collector() as (port, received):
        run_task(tmp_path, OTEL_ON=True, OTEL_HOST=HOST, OTEL_PORT=port)
    assert {path for path, _ in received} == {"/v1/metrics"}
    found = {name: (value, labels) for _, body in received for name, value, labels in gauges(body)}
    labels = {"model": "marm", "corpus": "ras 1", "type": "pysb"}
    assert found["airflow.emmaa.statements.marm"] == (9, {"model": "marm"})
    assert found["airflow.emmaa.pass_rate.marm.ras_1.pysb"] == (62.5, labels)
