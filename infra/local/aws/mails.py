"""The mails that SES accepted: recorded in the server, read by demo and tests.

moto keeps of a mail only one of its two bodies.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import threading
import urllib.request
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.aws.runtime.clock import now_ms
from infra.local.aws.runtime.json_lines import whole_lines

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: An underscore makes it no name of a bucket, so S3 does not use it.
PATH = "/_local/sent-mails"
_SECONDS = 10


@dataclass(frozen=True)
class SentMail:
    """A mail that SES v2 accepted by SendEmail with raw content.

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
    """All accepted mails, in order; a WSGI application that shows them.

    :param file: where they outlive the server; None if they do not
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = file
        self._mails = [_from_json(line) for line in whole_lines(file)] if file else []

    def add(self, mail: SentMail) -> None:
        """Keep a mail."""
        with self._lock:
            if self._file is not None:
                with self._file.open("a") as output:
                    output.write(json.dumps(asdict(mail)) + "\n")
            self._mails.append(mail)

    @property
    def mails(self) -> list[SentMail]:
        """All mails, oldest first."""
        with self._lock:
            return list(self._mails)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with all mails as JSON."""
        document = [asdict(mail) for mail in self.mails]
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(document).encode()]


def install(outbox: Outbox) -> None:
    """Record what moto's SES accepts as SES v2's SendEmail with raw content.

    That is how the jobs send: only a raw mail can carry the headers of RFC 8058.
    """
    from moto.sesv2.responses import SESV2Response

    send_email = SESV2Response.send_email

    def recording(self: SESV2Response) -> str:
        answer = send_email(self)  # raises what SES rejects
        request = json.loads(self.body)
        if "Raw" in request["Content"]:
            outbox.add(_mail(request, json.loads(answer)["MessageId"]))
        return answer

    SESV2Response.send_email = recording  # type: ignore[method-assign]


def sent_mails(endpoint_url: str) -> list[SentMail]:
    """Return the mails that a running embedded AWS' SES accepted, oldest first.

    :raises OSError: if the server does not answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(endpoint_url + PATH, timeout=_SECONDS) as response:
        documents = json.load(response)
    return [_from_json(document) for document in documents]


def _from_json(document: dict[str, Any]) -> SentMail:
    known = {field.name: document[field.name] for field in fields(SentMail)}
    return SentMail(**{**known, "recipients": tuple(document["recipients"])})


def _mail(request: dict[str, Any], message_id: str) -> SentMail:
    raw = base64.b64decode(request["Content"]["Raw"]["Data"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return SentMail(
        message_id=message_id,
        sender=request.get("FromEmailAddress") or str(message["From"]),
        recipients=_recipients(request, message),
        subject=str(message["Subject"]),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        return_path=request.get("FeedbackForwardingEmailAddress", ""),
        sent_at=now_ms(),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _recipients(request: dict[str, Any], message: EmailMessage) -> tuple[str, ...]:
    """Return the recipients: the request's destinations, or the headers' if it names none."""
    destination = request.get("Destination", {})
    kinds = ("ToAddresses", "CcAddresses", "BccAddresses")
    named = tuple(address for kind in kinds for address in destination.get(kind, []))
    # Pythons whose getaddresses is strict find no address at all where one header is empty.
    headers = [str(message[header]) for header in ("To", "Cc", "Bcc") if message[header]]
    return named or tuple(address for _, address in getaddresses(headers) if address)
