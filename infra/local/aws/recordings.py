"""Recording of the mails that moto's SES accepts, and of the messages that its topics take.

moto keeps of a mail only one of its two bodies.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from infra.local.aws.mails import Outbox, SentMail
from infra.local.aws.runtime.clock import now_ms


@contextmanager
def recorded(mails: Outbox, topics: Outbox) -> Iterator[None]:
    """Record what moto accepts, in the whole process, as long as the block runs.

    :param mails: gets what SES v2's SendEmail accepts with raw content. That is how the jobs send:
        only a raw mail can carry the headers of RFC 8058.
    :param topics: gets the messages of SNS topics, as mails to those who listen
    """
    from moto.sesv2.responses import SESV2Response
    from moto.sns.models import Topic

    send_email, publish = SESV2Response.send_email, Topic.publish

    def sending(self: SESV2Response) -> str:
        answer = send_email(self)  # raises what SES rejects
        request = json.loads(self.body)
        if "Raw" in request["Content"]:
            mails.add(_mail(request, json.loads(answer)["MessageId"]))
        return answer

    def publishing(
        self: Topic, message: str, subject: str | None = None, *args: object, **named: object
    ) -> str:
        message_id = publish(self, message, subject, *args, **named)  # type: ignore[arg-type]
        topic = f"topic {self.arn.rpartition(':')[2]}"
        topics.add(SentMail(message_id, topic, (topic,), subject or "", message, "", "", now_ms()))
        return message_id

    SESV2Response.send_email = sending  # type: ignore[method-assign]
    Topic.publish = publishing  # type: ignore[method-assign]
    try:
        yield
    finally:
        SESV2Response.send_email = send_email  # type: ignore[method-assign]
        Topic.publish = publish  # type: ignore[method-assign]


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
