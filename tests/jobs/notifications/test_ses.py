"""SES: what it is asked, and what its answers mean."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings_sections import Mail as MailSettings
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from emmaa_jobs.notifications.ses import SesMailService, identity_arn
from tests.jobs.notifications.outbox import Outbox

ARN = "arn:aws:ses:us-east-1:123456789012:identity/indra.bio"
SENDER = "emmaa_notifications@indra.bio"
UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1:"
)
MAIL = Mail("ada@example.org", "Größe", "text", "<p>html</p>", "https://emmaa.example.org/u")


class Client:
    """Answers every request in one way."""

    def __init__(self, answer: dict[str, str] | Exception) -> None:
        self.answer = answer
        self.requests: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def service(answer: dict[str, str] | Exception) -> SesMailService:
    client: Any = Client(answer)
    return SesMailService(MailSettings(), ARN, client, lambda: datetime(2026, 3, 2, tzinfo=UTC))


def error(code: str, status: int, message: str = "no") -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")


def test_moto_keeps_the_whole_mail(outbox: Outbox) -> None:
    message_id = SesMailService(MailSettings(), ARN).send(MAIL)
    assert message_id
    assert outbox.recipients() == ["ada@example.org"]
    assert outbox[0]["Subject"] == "Größe"
    assert outbox[0]["List-Unsubscribe"] == "<https://emmaa.example.org/u>"


def test_sender_that_is_not_verified_is_refused(outbox: Outbox) -> None:
    with pytest.raises(SenderRefusedError, match=r"MessageRejected.*Verify the identity"):
        SesMailService(MailSettings(source="eve@example.org"), ARN).send(MAIL)
    assert len(outbox) == 0


def test_request_names_sender_bounces_and_identity() -> None:
    sender = service({"MessageId": "1"})
    assert sender.send(MAIL) == "1"
    (request,) = sender._client.requests
    del request["Content"]
    assert request == {
        "FromEmailAddress": "emmaa_notifications@indra.bio",
        "FromEmailAddressIdentityArn": ARN,
        "FeedbackForwardingEmailAddress": "feedback@indra.bio",
        "FeedbackForwardingEmailAddressIdentityArn": ARN,
    }


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (error("MessageRejected", 400), RefusedError),
        (error("AccessDeniedException", 403), SenderRefusedError),
        (error("MessageRejected", 400, f"{UNVERIFIED} ada@example.org"), RefusedError),
        (error("MessageRejected", 400, f"{UNVERIFIED} {SENDER}, ada@x.org"), SenderRefusedError),
        (error("MessageRejected", 400, f"{UNVERIFIED} feedback@indra.bio"), SenderRefusedError),
        (error("BadRequestException", 400, f"{ARN} is not an identity"), SenderRefusedError),
        (error("TooManyRequestsException", 429), ThrottledError),
        (error("Throttling", 400), ThrottledError),
        (error("ServiceUnavailable", 503), SourceUnavailableError),
        (error("SendingPausedException", 400), SourceUnavailableError),
        (error("ExpiredTokenException", 403), SourceUnavailableError),
        (error("Throttling", 400, "Daily message quota exceeded."), SourceUnavailableError),
        (error("Throttling", 400, "Maximum sending rate exceeded."), ThrottledError),
        (error("InternalFailure", 500), DoubtfulError),
        (NoCredentialsError(), SourceUnavailableError),
        (ReadTimeoutError(endpoint_url="https://ses"), DoubtfulError),
    ],
)
def test_what_an_answer_means(answer: Exception, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        service(answer).send(MAIL)


def test_no_service_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{_free_port()}")
    with pytest.raises(SourceUnavailableError, match="SES cannot be reached"):
        SesMailService(MailSettings(), ARN).send(MAIL)


def test_service_that_hangs_up_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with _hanging_up() as (port, requests):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        with pytest.raises(DoubtfulError, match="SES did not answer"):
            SesMailService(MailSettings(), ARN).send(MAIL)
    assert len(requests) == 1


def test_own_client_never_repeats_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SesMailService(MailSettings(region="eu-west-1"), ARN)._client.meta
    assert made.region_name == "eu-west-1"
    assert made.config.retries["total_max_attempts"] == 1
    assert boto3.client("sesv2").meta.config.retries["mode"]  # boto3's own default repeats


def test_arn_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity_arn() == ARN
    monkeypatch.delenv("INDRA_BIO_ARN")
    with pytest.raises(InputError, match="INDRA_BIO_ARN is not set"):
        identity_arn()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _hanging_up() -> Iterator[tuple[int, list[bytes]]]:
    """Run a server that reads each request and closes the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65536))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
