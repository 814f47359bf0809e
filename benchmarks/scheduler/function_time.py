"""The Lambda function: its time above its own AWS calls, and its cold import."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.client

from benchmarks.scheduler.environment import aws_at
from benchmarks.scheduler.report import Row, percentile

EVENT = Path("lambdas/upload_to_dag_run/events/model.json")
INVOCATIONS = 200
STARTS = 15
TRIAL = {"invocations": 3, "starts": 1}


class _Mwaa(BaseHTTPRequestHandler):
    """Answers InvokeRestApi as MWAA does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = {"RestApiStatusCode": 200, "RestApiResponse": request["Body"]}
        answer = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def run(invocations: int = INVOCATIONS, starts: int = STARTS) -> list[Row]:
    """Measure both."""
    above = _above_own_calls(invocations)
    ours, bare = _cold_imports(starts)
    return [
        Row(
            "upload function, time above its own AWS calls, p50 (p95)",
            f"{percentile(above, 0.5) * 1000:.2f} ms ({percentile(above, 0.95) * 1000:.2f} ms)",
            "",
            "p50 ≤ 15 ms",
        ),
        Row(
            f"upload function, cold import, median of {starts}",
            f"{ours * 1000:.0f} ms ({ours / bare:.2f} ×)",
            f"{bare * 1000:.0f} ms (`import boto3`)",
            "≤ 1.1 ×",
        ),
    ]


def _above_own_calls(invocations: int) -> list[float]:
    event = json.loads(EVENT.read_text())
    with ThreadingHTTPServer(("127.0.0.1", 0), _Mwaa) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["MWAA_ENVIRONMENT"] = "emmaa"
        with aws_at(f"http://127.0.0.1:{server.server_port}"):
            times = _invocations(event, invocations)
        server.shutdown()
    return times


def _invocations(event: Any, count: int) -> list[float]:
    from lambdas.upload_to_dag_run.handler import handler

    call: Any = botocore.client.BaseClient._make_api_call
    in_aws = [0.0]

    def timed_call(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return call(*arguments, **options)
        finally:
            in_aws[0] += time.perf_counter() - started

    botocore.client.BaseClient._make_api_call = timed_call
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            handler(event, None)  # the client is made by a container's first invocation
            return [_one(handler, event, in_aws) for _ in range(count)]
    finally:
        botocore.client.BaseClient._make_api_call = call


def _one(handler: Any, event: Any, in_aws: list[float]) -> float:
    in_aws[0] = 0.0
    started = time.perf_counter()
    handler(event, None)
    return time.perf_counter() - started - in_aws[0]


def _cold_imports(starts: int) -> tuple[float, float]:
    """Median seconds of a process that imports the handler, and of one that imports boto3."""
    ours, bare = [], []
    for _ in range(starts):
        ours.append(_process("import lambdas.upload_to_dag_run.handler"))
        bare.append(_process("import boto3"))
    return statistics.median(ours), statistics.median(bare)


def _process(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started
