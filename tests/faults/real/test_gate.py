"""The gate on which the proofs of this folder rest: it passes, keeps, holds and loses calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.faults.real.gate import BatchGate, Call

PATIENCE = 60


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was asked; refuses what is named ``refused``."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(429 if b"refused" in body else 200)
        self.send_header("x-amzn-ErrorType", "TooManyRequestsException")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def gate() -> Iterator[BatchGate]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        gate = BatchGate(f"http://127.0.0.1:{server.server_port}")
        yield gate
        gate.close()
        server.shutdown()
        thread.join()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def submit(gate: BatchGate, name: str) -> tuple[int, str | None, Any]:
    """Status, error type and document of the answer."""
    connection = HTTPConnection(gate.url.removeprefix("http://"), timeout=PATIENCE)
    try:
        connection.request("POST", "/v1/submitjob", json.dumps({"jobName": name}))
        answer = connection.getresponse()
        return answer.status, answer.getheader("x-amzn-ErrorType"), json.load(answer)
    finally:
        connection.close()


def is_b(request: dict[str, Any], _: dict[str, Any]) -> bool:
    return bool(request["jobName"] == "b")


def test_what_is_not_held_passes_unchanged(gate: BatchGate) -> None:
    gate.hold("submitjob", is_b)
    gate.hold("describejobs", lambda *_: True)
    assert submit(gate, "refused") == (429, "TooManyRequestsException", {"jobName": "refused"})
    assert gate.calls == [Call("submitjob", {"jobName": "refused"}, {"jobName": "refused"})]


def test_an_answer_is_held_until_it_is_released(gate: BatchGate, pool: ThreadPoolExecutor) -> None:
    hold = gate.hold("submitjob", is_b)
    answer = pool.submit(submit, gate, "b")
    assert hold.reached.wait(PATIENCE)
    assert gate.requests("submitjob") == [{"jobName": "b"}]
    assert not answer.done()
    hold.release()
    assert answer.result(PATIENCE)[2] == {"jobName": "b"}
    assert submit(gate, "b")[0] == 200, "nothing is held any more"


@pytest.mark.parametrize("before", [True, False])
def test_what_is_lost_breaks_the_connection(
    gate: BatchGate, pool: ThreadPoolExecutor, before: bool
) -> None:
    hold = gate.hold("submitjob", is_b, before=before)
    answer: Future[Any] = pool.submit(submit, gate, "b")
    assert hold.reached.wait(PATIENCE)
    hold.lose()
    with pytest.raises(RemoteDisconnected):
        answer.result(PATIENCE)
    assert len(gate.calls) == (0 if before else 1), "whether it reached Batch"
