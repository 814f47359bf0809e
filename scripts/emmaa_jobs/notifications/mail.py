"""Mails: rendered from templates, then made into the bytes that go out."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from emmaa_jobs.notifications.messages import ModelMessage
from emmaa_jobs.notifications.query_news import AnswerGroup
from emmaa_jobs.notifications.service import RefusedError

if TYPE_CHECKING:
    from jinja2 import Environment

SENDER_NAME = "EMMAA"
# What SES takes: ASCII, and nothing that could become a second header or address.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
# Quoted-printable wraps bodies at 76; headers must stay whole, for a long link that is folded
# comes out as an encoded word, which is a link no more.
_WHOLE_HEADERS = SMTP.clone(max_line_length=998, cte_type="7bit")


@dataclass(frozen=True)
class Mail:
    """A mail to one person.

    :param unsubscribe_url: the signed link, for text, HTML and the mail client's own button
    """

    to: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str

    @property
    def title(self) -> str:
        """What the mail is about, for the log."""
        return self.subject

    @property
    def shown(self) -> str:
        """The mail as its reader sees it, without HTML."""
        return f"To: {self.to}\nSubject: {self.subject}\n\n{self.text}"


@dataclass(frozen=True)
class Recipient:
    """Who a mail is written to.

    :param unsubscribe_url: the address' signed link
    :param domain: the web service's host
    """

    email: str
    unsubscribe_url: str
    domain: str


def model_mail(
    recipient: Recipient, model: str, day: str, messages: Sequence[ModelMessage]
) -> Mail:
    """A mail about one model's news.

    :param model: the model's name for people
    :param day: the round's ``<d>``
    """
    subject = f"EMMAA: news from {model}"
    return _render(
        "model",
        recipient,
        subject,
        model=model,
        day=day,
        messages=[message.to_json() for message in messages],
    )


def query_mail(recipient: Recipient, groups: Sequence[AnswerGroup]) -> Mail:
    """A mail about new answers to queries."""
    subject = "EMMAA: new answers to your queries"
    return _render("query", recipient, subject, groups=groups)


def raw_mail(mail: Mail, source: str, moment: datetime) -> bytes:
    """The mail as RFC 5322 text, with the one-click headers of RFC 8058.

    :param source: the sender's address
    :param moment: the mail's date; must have a time zone
    :raises RefusedError: if the recipient is no address that a mail can go to.
    """
    if not _ADDRESS.fullmatch(mail.to):
        raise RefusedError(f"{mail.to!r} is not a mail address")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(SENDER_NAME, addr_spec=source)
    try:
        message["To"] = Address(addr_spec=mail.to)
    except (ValueError, MessageError) as error:
        raise RefusedError(f"{mail.to!r} is not a mail address: {error}") from error
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(moment)
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes(policy=_WHOLE_HEADERS)


@functools.cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("emmaa_jobs.notifications"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, recipient: Recipient, title: str, **values: Any) -> Mail:
    subject = " ".join(title.split())  # a model's name may hold a line break, a header may not

    def fill(kind: str) -> str:
        page = _templates().get_template(f"{template}.{kind}")
        return page.render(recipient=recipient, subject=subject, **values)

    return Mail(recipient.email, subject, fill("txt"), fill("html"), recipient.unsubscribe_url)
