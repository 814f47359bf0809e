"""A small Airflow: it gives tokens and keeps DAG runs, over real HTTP."""

from __future__ import annotations

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USERNAME, PASSWORD = "admin", "secret"


class FakeAirflow:
    """An Airflow that can go down and come back at the same address.

    :ivar runs: run ids with their request, in the order of their start
    :ivar calls: all calls with a good token: method, path, query, body
    """

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str, dict[str, list[str]], Any]] = []
        self.logins = 0
        self.token = ""
        self.fail_with: int | None = None
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"airflow": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def forget_token(self) -> None:
        """As after a restart with another secret."""
        self.token = ""

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        parts = urllib.parse.urlsplit(url)
        self.calls.append((method, parts.path, urllib.parse.parse_qs(parts.query), body))
        if self.fail_with is not None:
            return self.fail_with, {"detail": "as the test wants it"}
        if method == "POST" and parts.path.endswith("/dagRuns"):
            return self._start_run(body)
        if method == "DELETE":
            return 204, None
        return 200, {"dag_runs": list(self.runs), "total_entries": len(self.runs)}

    def log_in(self, body: Any) -> tuple[int, Any]:
        if body != {"username": USERNAME, "password": PASSWORD}:
            return 401, {"detail": "Invalid credentials"}
        self.logins += 1
        self.token = f"token-{self.logins}"
        return 201, {"access_token": self.token}

    def _start_run(self, body: Any) -> tuple[int, Any]:
        run_id = body["dag_run_id"]
        if run_id in self.runs:
            return 409, {"detail": f"The DAG run {run_id} exists"}
        self.runs[run_id] = body
        return 200, {"dag_run_id": run_id, "state": "queued"}


class _Handler(BaseHTTPRequestHandler):
    airflow: FakeAirflow

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_PATCH = do_PUT = do_GET

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.path == "/auth/token":
            status, document = self.airflow.log_in(body)
        elif self.headers.get("authorization") != f"Bearer {self.airflow.token}":
            status, document = 401, {"detail": "Not authenticated"}
        else:
            status, document = self.airflow.answer(self.command, self.path, body)
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
