"""A web service on this machine, and a client with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emmaa_jobs.services.web_service import WebService
from tests.jobs.local_service import FakeTime, LocalService, Reply

KEY = "secret key/1"
BUSY = Reply.json({"error": "API rate limit exceeded"}, status=429)
DOWN = Reply(b"upstream connect error", status=503)


@pytest.fixture
def local() -> Iterator[LocalService]:
    with LocalService(lambda request: Reply.json({"fine": True})).running() as service:
        yield service


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def client(local: LocalService, time: FakeTime, **more: object) -> WebService:
    return WebService("Tests", local.url, clock=time.clock, **more)  # type: ignore[arg-type]
