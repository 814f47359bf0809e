"""The mails that SES accepted: recorded in the server, read by demo and tests.

moto keeps of a mail only one of its two bodies.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, cast

from infra.local.aws.clock import now_ms

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: An underscore makes it no name of a bucket, so S3 does not use it.
PATH = "/_local/sent-mails"
_SECONDS = 10


@dataclass(frozen=True)
class SentMail:
    """A mail that SES accepted by SendEmail.

    :param recipients: all addresses, To, Cc and Bcc, in that order
    :param text: the plain body, empty if there is none
    :param html: the HTML body, empty if there is none
    :param sent_at: milliseconds since the epoch
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    return_path: str
    sent_at: int


class Outbox:
    """All accepted mails of a server's life, in order; a WSGI application that shows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: list[SentMail] = []

    def add(self, mail: SentMail) -> None:
        """Keep a mail."""
        with self._lock:
            self._mails.append(mail)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with all mails as JSON."""
        with self._lock:
            document = [asdict(mail) for mail in self._mails]
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(document).encode()]


def install(outbox: Outbox) -> None:
    """Record what moto's SES accepts."""
    from moto.ses.responses import EmailResponse

    send_email = EmailResponse.send_email

    def recording(self: EmailResponse) -> Any:
        result = send_email(self)  # raises what SES rejects
        outbox.add(_mail(self, cast("dict[str, str]", result.result)["MessageId"]))
        return result

    EmailResponse.send_email = recording  # type: ignore[method-assign]


def sent_mails(endpoint_url: str) -> list[SentMail]:
    """The mails that a running embedded AWS' SES accepted, oldest first.

    :raises OSError: if the server does not answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(endpoint_url + PATH, timeout=_SECONDS) as response:
        documents = json.load(response)
    names = {field.name for field in fields(SentMail)}
    return [
        SentMail(
            **{
                **{name: document[name] for name in names},
                "recipients": tuple(document["recipients"]),
            }
        )
        for document in documents
    ]


def _mail(request: Any, message_id: str) -> SentMail:
    destination = request._get_param("Destination", {})
    kinds = ("ToAddresses", "CcAddresses", "BccAddresses")
    return SentMail(
        message_id=message_id,
        sender=request._get_param("Source"),
        recipients=tuple(address for kind in kinds for address in destination.get(kind, [])),
        subject=request._get_param("Message.Subject.Data"),
        text=request._get_param("Message.Body.Text.Data", ""),
        html=request._get_param("Message.Body.Html.Data", ""),
        return_path=request._get_param("ReturnPath", ""),
        sent_at=now_ms(),
    )
