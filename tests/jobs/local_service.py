"""A web service of a test's own on this machine, with faults at will, and a clock to pace by."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emmaa_jobs.services.http_limits import Clock, Patience


@dataclass(frozen=True)
class Request:
    """A client's request.

    :ivar document: the JSON that came with a POST, the bytes that came with a PUT
    """

    method: str
    path: str
    parameters: dict[str, str]
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Reply:
    """A service's reply.

    :param cut: how many bytes of the content are never sent
    :param endless: go on sending a little now and then, for ever
    :param silent: never say anything
    """

    content: bytes
    content_type: str = "text/plain"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    endless: bool = False
    silent: bool = False

    @classmethod
    def json(cls, document: Any, **more: Any) -> Reply:
        return cls(json.dumps(document).encode(), "application/json", **more)


HTML = Reply(b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>", "text/html")

Answering = Callable[[Request], Reply]


class LocalService:
    """Answers on 127.0.0.1, records requests, and sends the faults that it was given first.

    :param answering: makes the answers
    """

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[Request] = []
        #: Replies that are sent, each once, before any real answer.
        self.faults: list[Reply] = []
        #: Set at the end of the test, to release the requests that hang.
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _handler(service) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_PUT(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, document: Any) -> None:
                parts = urlsplit(self.path)
                parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
                headers = dict(self.headers.items())
                request = Request(self.command, parts.path, parameters, document, headers)
                service.asked.append(request)
                reply = service.faults.pop(0) if service.faults else service.answering(request)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._send(reply)

            def _send(self, reply: Reply) -> None:
                if reply.silent:
                    service.over.wait()
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", reply.content_type)
                length = 10**9 if reply.endless else len(reply.content)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                while reply.endless and not service.over.wait(0.01):
                    self.wfile.write(b"x")
                self.wfile.write(reply.content[: len(reply.content) - reply.cut])
                if reply.cut:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    @contextlib.contextmanager
    def running(self) -> Iterator[LocalService]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class FakeTime:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


#: Asks twice, and waits for nobody.
IMPATIENT = Patience(tries=2, pause=0, silence=5)
