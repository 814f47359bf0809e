"""An Airflow on loopback: the REST API as far as the Lambda function uses it, with faults on order.

It keeps runs as Airflow does: a run id that exists is answered by 409. It also speaks MWAA's
InvokeRestApi and Secrets Manager's GetSecretValue, so that real clients of boto3 are tested.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

USER = {"username": "emmaa", "password": "s3cret-p4ss"}


@dataclass
class Fault:
    """The answer to the next request to create a run, if it is not a run.

    :param status: the HTTP status; 0 breaks the connection
    :param then_store: whether the run is created all the same, as by an Airflow that is cut off
        before it answers
    """

    status: int
    body: bytes = b'{"detail": "no"}'
    headers: dict[str, str] = field(default_factory=dict)
    then_store: bool = False


@dataclass
class FakeAirflow:
    """The state of the fake, as tests look at it.

    :param runs: bodies of the runs, by DAG and run id
    :param requests: method, path and JSON body of every request
    :param metadata: S3 metadata of the objects that are there, by ``/bucket/key``
    """

    url: str = ""
    runs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    tokens: set[str] = field(default_factory=set)
    user: dict[str, str] = field(default_factory=lambda: dict(USER))
    refusal: int = 401
    prefix: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    environment: str = "emmaa"
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)

    def posts(self, end: str) -> int:
        """Return the number of requests whose path ends in this."""
        return sum(path.endswith(end) for _, path, _ in self.requests)

    @property
    def confs(self) -> list[dict[str, Any]]:
        """The confs of all runs, in order of their creation."""
        return [run["conf"] for run in self.runs.values()]

    def create_token(self, body: Any) -> tuple[int, Any]:
        """``POST /auth/token``."""
        if body != self.user:
            return 401, {"detail": "Invalid credentials", "input": body}
        token = f"token-{len(self.requests)}-{time.monotonic_ns()}"
        self.tokens.add(token)
        return 201, {"access_token": token}

    def create_run(self, dag_id: str, body: dict[str, Any]) -> tuple[int, Any]:
        """``POST /api/v2/dags/{dag_id}/dagRuns``."""
        if "logical_date" not in body:
            return 422, {"detail": "logical_date: Field required"}
        if dag_id not in ("emmaa_mm_update", "emmaa_after_update"):
            return 404, {"detail": f"Dag with dag_id: '{dag_id}' not found"}
        key = (dag_id, body["dag_run_id"])
        if key in self.runs:
            return 409, {"detail": {"reason": "Unique constraint violation"}}
        self.runs[key] = body
        return 200, {"dag_id": dag_id, "dag_run_id": body["dag_run_id"], "state": "queued"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else TCP delays the second by 40 ms
    airflow: FakeAirflow

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body: Any = json.loads(content) if content else None
        path = unquote(self.path)
        self.airflow.requests.append((self.command, path, body))
        if "X-Amz-Target" in self.headers:
            self._secret(body)
        elif path.startswith("/restapi/"):
            self._mwaa(path.removeprefix("/restapi/"), body)
        elif path == f"{self.airflow.prefix}/auth/token":
            self._reply(*self.airflow.create_token(body))
        else:
            self._rest(path.removeprefix(self.airflow.prefix), body)

    def do_HEAD(self) -> None:
        """Answer as S3 of which object a run has been started, with its metadata."""
        metadata = self.airflow.metadata.get(unquote(self.path))
        headers = {f"x-amz-meta-{name}": text for name, text in (metadata or {}).items()}
        self._send(404 if metadata is None else 200, b"", headers)

    def do_GET(self) -> None:
        self.airflow.requests.append((self.command, self.path, None))
        self._reply(200, {"dag_runs": []})

    def _rest(self, path: str, body: Any) -> None:
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.airflow.tokens:
            self._reply(self.airflow.refusal, {"detail": "Token Expired"})
            return
        fault = self._fault(path.removeprefix("/api/v2"), body)
        if fault:
            self._send(fault.status, fault.body, fault.headers)
        else:
            self._reply(*self._run(path.removeprefix("/api/v2"), body))

    def _mwaa(self, environment: str, request: dict[str, Any]) -> None:
        if environment != self.airflow.environment:
            self._error("ResourceNotFoundException", 404, {"message": "no such environment"})
            return
        fault = self._fault(request["Path"], request["Body"])
        if fault and not fault.status:
            self._send(0, b"", {})
            return
        if fault:
            status, answer = fault.status, json.loads(fault.body)
        else:
            status, answer = self._run(request["Path"], request["Body"])
        document = {"RestApiStatusCode": status, "RestApiResponse": answer}
        if status < 400:
            self._reply(200, document)
        else:
            kind = "RestApiClientException" if status < 500 else "RestApiServerException"
            self._error(kind, 400, document)

    def _secret(self, body: dict[str, str]) -> None:
        secret = self.airflow.secrets.get(body["SecretId"])
        if secret is None:
            self._error("ResourceNotFoundException", 400, {"message": "no such secret"})
        else:
            self._reply(200, {"Name": body["SecretId"], "SecretString": secret})

    def _fault(self, path: str, body: Any) -> Fault | None:
        fault = self.airflow.faults.popleft() if self.airflow.faults else None
        if fault and fault.then_store:
            self._run(path, body)
        return fault

    def _run(self, path: str, body: Any) -> tuple[int, Any]:
        parts = path.split("/")
        if parts[:2] != ["", "dags"] or parts[3:] != ["dagRuns"]:
            return 404, {"detail": f"no {path}"}
        return self.airflow.create_run(parts[2], body)

    def _error(self, kind: str, status: int, document: Any) -> None:
        content = json.dumps({"__type": kind, **document}).encode()
        self._send(status, content, {"x-amzn-ErrorType": kind})

    def _reply(self, status: int, document: Any) -> None:
        self._send(status, json.dumps(document).encode(), {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        if status == 0:  # the connection breaks
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet: broken connections are on purpose."""


@contextmanager
def serve() -> Iterator[FakeAirflow]:
    """Serve a fake Airflow on a free port of 127.0.0.1."""
    airflow = FakeAirflow()
    handler = type("Handler", (_Handler,), {"airflow": airflow})
    with _Server(("127.0.0.1", 0), handler) as server:
        airflow.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield airflow
        finally:
            server.shutdown()
            thread.join()
