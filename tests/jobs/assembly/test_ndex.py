"""The network on NDEx: updated when all is saved, and never in the way of the round."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest

from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import left_out_key, model_manager_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.services import clients
from emmaa_jobs.services.http_limits import Patience
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply, Request
from tests.jobs.one_model import MODEL, ROUND, ready_model, write_config

NETWORK = "a8c0decc-6bbb-11ea-bfdc-0ac135e8bacf"
USER, PASSWORD = "emmaa", "a secret/ &word"
MANAGER = model_manager_key(MODEL, ROUND)
UNAUTHORIZED = "NDEx_Unauthorized_Operation_Exception"


class FakeNdex:
    """NDEx as far as EMMAA knows it: accounts, networks, and who may change them."""

    def __init__(self) -> None:
        self.networks: dict[str, list[dict[str, Any]]] = {NETWORK: []}
        self.saved_at_update: list[bool] = []
        self.bucket: Bucket | None = None

    def __call__(self, request: Request) -> Reply:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return self.error(401, "NDEx_Unauthorized_Operation_Exception", "Invalid password.")
        network = request.path.removeprefix("/v2/network/")
        if request.method != "PUT" or network not in self.networks:
            return self.error(404, "NDEx_Object_Not_Found_Exception", "Network not found.")
        self.networks[network] = json.loads(uploaded(request, "CXNetworkStream"))
        assert self.bucket
        self.saved_at_update.append(MANAGER in self.bucket.keys(MANAGER))
        return Reply(b"", status=204)

    @staticmethod
    def error(status: int, code: str, message: str) -> Reply:
        return Reply.json({"errorCode": code, "message": message}, status=status)

    def aspect(self, name: str) -> list[dict[str, Any]]:
        return next(part[name] for part in self.networks[NETWORK] if name in part)


def uploaded(request: Request, field: str) -> bytes:
    """Return an uploaded field of a multipart form."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = message_from_bytes(head + request.document).get_payload()
    for part in parts:
        if part.get_param("name", header="Content-Disposition") == field:
            content: bytes = part.get_payload(decode=True)
            return content
    raise AssertionError(f"no field {field}")


@pytest.fixture
def ndex(bucket: Bucket) -> FakeNdex:
    server = FakeNdex()
    server.bucket = bucket
    return server


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    time = FakeTime()
    monkeypatch.setattr(clients, "CLOCK", time.clock)
    return time


@pytest.fixture
def service(
    ndex: FakeNdex, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalService]:
    with LocalService(ndex).running() as local:
        monkeypatch.setenv("NDEX_URL", local.url)
        monkeypatch.setenv("NDEX_USERNAME", USER)
        monkeypatch.setenv("NDEX_PASSWORD", PASSWORD)
        yield local


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    return ready_model(bucket, ndex={"network": NETWORK}, description="Textbook Ras signalling")


def failure(model: Bucket) -> str:
    """Return what a round reports if NDEx refuses an upload; the round itself is complete."""
    update = update_manager(model, MODEL, ROUND)
    assert MANAGER in model.keys(MANAGER)
    (said,) = update.not_done
    assert update.summary.endswith(f"; not done: {said}")
    return said


def test_the_network_is_replaced_when_all_is_saved(
    model: Bucket, ndex: FakeNdex, service: LocalService
) -> None:
    assert update_manager(model, MODEL, ROUND).not_done == []

    assert ndex.saved_at_update == [True]
    attributes = {each["n"]: each["v"] for each in ndex.aspect("networkAttributes")}
    assert attributes == {
        "name": MODEL,
        "description": "Textbook Ras signalling",
        "version": ROUND,
    }
    names = {each["@id"]: each["n"] for each in ndex.aspect("nodes")}
    edges = {(names[e["s"]], e["i"], names[e["t"]]) for e in ndex.aspect("edges")}
    assert ("EGF", "activation", "EGFR") in edges
    assert ("vemurafenib", "inhibition", "BRAF") in edges
    assert ("EGFR", "activation", "EGF") not in edges


def test_without_a_network_nobody_is_asked(model: Bucket, service: LocalService) -> None:
    write_config(model)

    assert update_manager(model, MODEL, ROUND).not_done == []
    assert service.asked == []


def test_a_network_id_that_is_none_is_noted_and_nobody_is_asked(
    model: Bucket, service: LocalService, caplog: pytest.LogCaptureFixture
) -> None:
    write_config(model, ndex={"network": "covid19"})

    assert update_manager(model, MODEL, ROUND).not_done == []
    assert service.asked == []
    assert "field ndex.network: 'covid19' is no network's id" in caplog.text


def test_refused_credentials_are_reported_and_never_shown(
    model: Bucket,
    service: LocalService,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("NDEX_PASSWORD", "another/ &word")
    echo = b'{"message": "Invalid password another/ &word for user emmaa."}'
    service.faults = [Reply(echo, "application/json", status=401)]

    with caplog.at_level(logging.DEBUG):
        said = failure(model)

    assert "it refuses the user and password of NDEX_USERNAME and NDEX_PASSWORD" in said
    assert "[password]" in said
    assert "the NDEx network of rasmodel is not updated" in caplog.text
    for secret in (
        "another/ &word",
        "another/",
        base64.b64encode(b"emmaa:another/ &word").decode(),
    ):
        assert secret not in said + caplog.text
    assert len(service.asked) == 1


def test_missing_credentials_are_reported(
    model: Bucket, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NDEX_PASSWORD")

    assert "NDEX_PASSWORD must be set" in failure(model)
    assert service.asked == []


def test_a_network_that_is_not_there_is_reported(model: Bucket, service: LocalService) -> None:
    write_config(model, ndex={"network": NETWORK.replace("a", "b")})

    assert "HTTP 404 Not Found" in failure(model)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            FakeNdex.error(
                401, UNAUTHORIZED, "User doesn't have write permissions for this network."
            ),
            "the account may not change the network",
        ),
        (
            FakeNdex.error(403, "NDEx_Forbidden_Operation_Exception", "Network with DOI"),
            "the account may not change the network",
        ),
        (Reply(b"Forbidden", status=403), "the account may not change the network"),
        (
            FakeNdex.error(401, "NDEx_User_Account_Not_Verified", "NDEx user account emmaa <x>"),
            "the account is not verified",
        ),
        (
            FakeNdex.error(
                500, "NDEx_Concurrent_Modification_Exception", "This network is currently locked"
            ),
            "another update has locked the network",
        ),
        (
            FakeNdex.error(500, "NDEx_Exception", "Can't update readonly network."),
            "the network is read-only",
        ),
        (HTML, "the answer is not one of NDEx"),
        (Reply(b"<html>Log in</html>", "text/html", status=200), "the answer is not one of NDEx"),
        (
            Reply.json({"errorCode": "NDEx_Exception", "message": "no"}),
            "the answer is not one of NDEx",
        ),
    ],
)
def test_what_another_try_would_not_change_is_said_at_once(
    reply: Reply, said: str, model: Bucket, service: LocalService, time: FakeTime
) -> None:
    service.faults = [reply]

    text = failure(model)
    assert said in text
    assert "user and password" not in text
    assert (len(service.asked), time.slept) == (1, [])


def test_a_wrong_password_is_one_whatever_the_account_is_called(
    model: Bucket, service: LocalService
) -> None:
    message = "Invalid password for user User doesn't have permission."
    service.faults = [FakeNdex.error(401, UNAUTHORIZED, message)]

    assert "it refuses the user and password of NDEX_USERNAME" in failure(model)


def test_operators_hear_of_it_once(model: Bucket, service: LocalService) -> None:
    service.faults = [HTML]
    failure(model)

    report = parse_left_out(model.read_json(left_out_key(MODEL, Stage.MM_UPDATE, ROUND)))
    (item,) = [item for item in report.items if item.kind == "service"]
    assert (item.item, item.where, item.new) == ("NDEx", "config field ndex", True)
    assert "the answer is not one of NDEx" in item.reason


def test_passing_faults_are_waited_out(
    model: Bucket, ndex: FakeNdex, service: LocalService, time: FakeTime
) -> None:
    service.faults = [Reply(b"busy", status=503), Reply(b"busy", status=500)]

    assert update_manager(model, MODEL, ROUND).not_done == []
    assert time.slept == [1, 2]
    assert ndex.aspect("edges")


def test_a_silent_server_is_given_up(
    model: Bucket, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_patience", lambda: Patience(tries=2, silence=0.2))
    service.faults = [Reply(b"", silent=True)] * 2

    assert "no answer within 0.2 s, after 2 tries" in failure(model)


def test_a_server_that_cannot_be_reached_is_reported(
    model: Bucket, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDEX_URL", "http://127.0.0.1:9")

    assert "it cannot be reached" in failure(model)


def test_a_fault_of_our_own_does_not_undo_the_round_either(
    model: Bucket, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such aspect")

    monkeypatch.setattr("indra.assemblers.cx.CxAssembler.make_model", broken)

    assert failure(model) == "NDEx update (RuntimeError: no such aspect)"
