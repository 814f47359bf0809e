"""Real clients of botocore, whose requests end in the simulated account.

All between is botocore's own code: the form of requests, retries and their delays, the parsing of
answers. Only its clock is the simulation's. A client without retries is a plain object instead,
which takes a quarter of the time.
"""

from __future__ import annotations

import copy
import functools
import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    ReadTimeoutError,
)

from tests.faults.virtual_time import wait

if TYPE_CHECKING:
    from tests.faults.world import World

Answer = tuple[int, dict[str, str], bytes]
JSON = {"content-type": "application/json"}
SHORTEST_WAIT = 0.001


@functools.cache
def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session


class Transport:
    """Makes clients whose requests are answered by a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, config: Any) -> Any:
        """Return a client like production code; a schedule shares clients of one kind."""
        if service == "logs" or config.retries == {"total_max_attempts": 1}:
            return PlainClient(self._world, service)
        key = (service, repr(config.retries))
        if key not in self._clients:
            # botocore changes what it gets; another schedule gets the same configuration.
            own = copy.deepcopy(config)
            client = _session().create_client(service, region_name="us-east-1", config=own)
            client._user_agent_creator = SimpleNamespace(to_string=lambda: "simulation")  # slow
            client.meta.events.register("choose-signer", _unsigned)
            client.meta.events.register("before-send", self._send)
            self._clients[key] = client
        return self._clients[key]

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        service, operation = event_name.split(".")[1:]
        answer: Any = wait(self._world.aws_call(lambda: self._serve(service, operation, request)))
        if isinstance(answer, str):
            return self._fault(service, answer, request)
        return _response(request, answer)

    def _serve(self, service: str, operation: str, request: Any) -> Answer:
        if operation == "GetObject":
            return self._world.bucket.claims.get(unquote(urlsplit(request.url).path).lstrip("/"))
        if operation == "HeadObject":
            found = unquote(urlsplit(request.url).path).lstrip("/") in self._world.bucket.objects
            return (200 if found else 404), {}, b""
        if service == "s3":
            return 200, {"content-type": "application/xml"}, self._world.bucket.listing(request.url)
        body = json.loads(request.body)
        if service == "batch":
            answer = self._world.batch_call(operation.lower(), body)
            return 200, JSON, json.dumps(answer).encode()
        if service == "mwaa":
            return self._mwaa(body)
        raise NotImplementedError(service)

    def _mwaa(self, body: dict[str, Any]) -> Answer:
        status, document = self._world.interfaces.rest(body["Path"], body["Body"])
        answer = json.dumps({"RestApiStatusCode": status, "RestApiResponse": document}).encode()
        if status < 400:
            return 200, JSON, answer
        kind = "RestApiClientException" if status < 500 else "RestApiServerException"
        return 400, {**JSON, "x-amzn-ErrorType": kind}, answer

    def _fault(self, service: str, fault: str, request: Any) -> AWSResponse:
        if error := connection_error(fault, request.url, self._world):
            raise error
        status, kind = _REFUSALS[fault]
        if service == "s3":
            text = f"<Error><Code>{'SlowDown' if fault == 'throttled' else kind}</Code></Error>"
            return _response(request, (503, {"content-type": "application/xml"}, text.encode()))
        headers = {**JSON, "x-amzn-ErrorType": kind}
        return _response(request, (status, headers, b'{"message": "not now"}'))


class PlainClient:
    """A client of Batch or CloudWatch Logs that repeats nothing."""

    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._service = service
        url = f"https://{service}.us-east-1.amazonaws.com"
        self.meta = SimpleNamespace(
            region_name="us-east-1",
            partition="aws",
            endpoint_url=url,
            events=SimpleNamespace(register=lambda *_: None),  # no credentials are refused here
        )

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            return self._call(operation, arguments)

        return call

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        name = operation.replace("_", "")
        answer = wait(self._world.aws_call(lambda: self._serve(name, arguments)))
        if not isinstance(answer, str):
            return answer
        if error := connection_error(answer, "https://aws", self._world):
            raise error
        status, kind = _REFUSALS[answer]
        document: dict[str, Any] = {
            "Error": {"Code": kind, "Message": "not now"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(document, operation)

    def _serve(self, operation: str, arguments: dict[str, Any]) -> Any:
        if self._service == "logs":
            return {"events": [{"message": "ERROR the last line of the log", "timestamp": 1}]}
        return self._world.batch_call(operation, arguments)


_REFUSALS = {"throttled": (429, "TooManyRequestsException"), "unavailable": (503, "Busy")}


def connection_error(fault: str, url: str, world: World) -> Exception | None:
    """Return the error of a connection that was refused, or broke before the answer came."""
    kinds: dict[str, list[Any]] = {
        "refused": [ConnectTimeoutError],
        "lost": [ReadTimeoutError, ConnectionClosedError],
    }
    if fault not in kinds:
        return None
    error: Exception = world.rng.choice(kinds[fault])(endpoint_url=url)
    return error


def _unsigned(**_: Any) -> Any:
    return UNSIGNED


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]

    def read(self, _size: int | None = None) -> bytes:
        content, self._content = self._content, b""
        return content


def _response(request: Any, answer: Answer) -> AWSResponse:
    status, headers, content = answer
    return AWSResponse(request.url, status, headers, _Raw(content))


class VirtualCondition:
    """``threading.Condition`` as botocore's token bucket uses it, waiting in virtual time."""

    def __init__(self, lock: Any, sleep: Callable[[float], None]) -> None:
        self._lock = lock
        self._sleep = sleep

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def notify(self) -> None:
        """Do nothing: waiting threads look again when their time is up."""

    def wait(self, timeout: float) -> None:
        """Let time pass, without the lock; some does in each wait, however short.

        The token bucket waits again and again for what rounding leaves of a token. A wait that
        is too short to change a clock's reading would never bring it.
        """
        self._lock.release()
        try:
            self._sleep(max(timeout, SHORTEST_WAIT))
        finally:
            self._lock.acquire()


def virtual_clocks(world: World) -> list[tuple[Any, str, Any]]:
    """Return the replacements for botocore's clocks: module, name, value."""
    clock = SimpleNamespace(time=lambda: world.loop.now + 1e9, sleep=world.sleep)
    threads = SimpleNamespace(
        Lock=threading.Lock, Condition=lambda lock: VirtualCondition(lock, world.sleep)
    )
    import botocore.endpoint
    import botocore.retries.bucket

    return [
        (botocore.endpoint, "time", clock),
        (botocore.retries.bucket, "time", clock),
        (botocore.retries.bucket, "threading", threads),
    ]
