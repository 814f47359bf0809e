"""A gate on Airflow's way to AWS Batch: it keeps a record of the calls and can hold one.

Airflow's processes reach Batch through it (``AWS_ENDPOINT_URL_BATCH``), so a test can stop time
between any call and what its caller does next, and knows all that was asked of Batch.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_HOP = frozenset({"connection", "content-length", "host", "transfer-encoding"})

Document = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call that was passed on.

    :param operation: as in the path, ``submitjob``
    """

    operation: str
    request: Document
    answer: Document


@dataclass
class Hold:
    """Calls that stay where they are until :meth:`release`.

    :param operation: which operation's
    :param applies: to which of them, by request and answer; the answer is empty ``before``
    :param before: whether they are held before they reach Batch, and not on their way back
    """

    operation: str
    applies: Callable[[Document, Document], bool]
    before: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)
    _lost: bool = False

    def release(self) -> None:
        """Let them go on, and hold no more."""
        self._released.set()

    def lose(self) -> None:
        """Break their connections: what was held never arrives. Hold no more."""
        self._lost = True
        self._released.set()

    def pass_by(self, call: tuple[str, Document, Document], *, before: bool) -> bool:
        """Hold a call if it is meant; whether it may go on."""
        operation, request, answer = call
        meant = (operation, before) == (self.operation, self.before)
        if self._released.is_set() or not meant or not self.applies(request, answer):
            return True
        self.reached.set()
        self._released.wait()
        return not self._lost


class BatchGate:
    """The gate; it listens on a free port of this machine.

    :param upstream: the endpoint that it stands before
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._holds: list[Hold] = []
        self.calls: list[Call] = []
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gate._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def hold(
        self,
        operation: str,
        applies: Callable[[Document, Document], bool],
        *,
        before: bool = False,
    ) -> Hold:
        """Hold calls from now on."""
        hold = Hold(operation, applies, before)
        self._holds.append(hold)
        return hold

    def requests(self, operation: str) -> list[Document]:
        """Return the requests of an operation so far."""
        return [call.request for call in list(self.calls) if call.operation == operation]

    def close(self) -> None:
        """Let everything go and listen no more."""
        for hold in self._holds:
            hold.lose()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        # A caller who was killed meanwhile is no error.
        with contextlib.suppress(ConnectionError):
            self._answer(handler)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        operation = handler.path.rpartition("/")[2].lower()
        request = json.loads(body or b"{}")
        if not self._may_pass((operation, request, {}), before=True):
            handler.close_connection = True
            return
        status, headers, content = self._forward(handler, body)
        answer = json.loads(content or b"{}")
        self.calls.append(Call(operation, request, answer))
        if not self._may_pass((operation, request, answer), before=False):
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _may_pass(self, call: tuple[str, Document, Document], *, before: bool) -> bool:
        return all(hold.pass_by(call, before=before) for hold in list(self._holds))

    def _forward(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        assert self._upstream.hostname
        connection = HTTPConnection(self._upstream.hostname, self._upstream.port, timeout=60)
        try:
            headers = {k: v for k, v in handler.headers.items() if k.lower() not in _HOP}
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP]
            return answer.status, kept, content
        finally:
            connection.close()
