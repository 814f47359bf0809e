"""Mails: rendered from templates, then made into the bytes that go out."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import default as default_policy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from emmaa_jobs.notifications.addresses import ascii_address
from emmaa_jobs.notifications.messages import ModelMessage
from emmaa_jobs.notifications.plain_text import header_text, one_line
from emmaa_jobs.notifications.query_news import AnswerGroup
from emmaa_jobs.notifications.service import RefusedError

if TYPE_CHECKING:
    from jinja2 import Environment

SENDER_NAME = "EMMAA"
# Quoted-printable wraps bodies at 76; headers must stay whole, for a long link that is folded
# comes out as an encoded word, which is a link no more.
_WHOLE_HEADERS = SMTP.clone(max_line_length=998, cte_type="7bit")
_MIME_HEADERS = ("MIME-Version", "Content-Type")


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
        """The subject, for the log."""
        return self.subject

    @property
    def shown(self) -> str:
        """The mail as its reader sees it, without HTML."""
        return f"To: {self.to}\nSubject: {self.subject}\n\n{self.text}"


@dataclass(frozen=True)
class Recipient:
    """The person that a mail is written to.

    :param unsubscribe_url: the address' signed link
    :param domain: the web service's host
    """

    email: str
    unsubscribe_url: str
    domain: str


def model_mail(
    recipient: Recipient, model: str, day: str, messages: Sequence[ModelMessage]
) -> Mail:
    """Return a mail about one model's news.

    :param model: the model's name for people
    :param day: the round's ``<d>``
    """
    name = one_line(model)
    return _render(
        "model",
        recipient,
        f"EMMAA: news from {name}",
        model=name,
        day=day,
        messages=[message.to_json() for message in messages],
    )


def query_mail(recipient: Recipient, groups: Sequence[AnswerGroup]) -> Mail:
    """Return a mail about new answers to queries."""
    subject = "EMMAA: new answers to your queries"
    return _render("query", recipient, subject, groups=groups)


def raw_mail(mail: Mail, source: str, moment: datetime) -> bytes:
    """Return the mail as RFC 5322 text, with the one-click headers of RFC 8058.

    :param source: the sender's address
    :param moment: the mail's date; must have a time zone
    :raises RecipientRefusedError: if the recipient is no address that a mail can go to.
    :raises RefusedError: if the text would not be read back as these headers and these parts.
    """
    headers = {
        "From": f"{SENDER_NAME} <{source}>",
        "To": ascii_address(mail.to),
        "Subject": mail.subject,
        "Date": format_datetime(moment),
        "List-Unsubscribe": f"<{mail.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    try:
        raw = _serialised(mail, source, headers)
        _check(raw, headers, mail)
    except (ValueError, LookupError, MessageError) as error:
        raise RefusedError(f"the mail cannot be written: {error}") from error
    return raw


def _serialised(mail: Mail, source: str, headers: Mapping[str, str]) -> bytes:
    message = EmailMessage(policy=SMTP)
    addresses = {
        "From": Address(SENDER_NAME, addr_spec=source),
        "To": Address(addr_spec=headers["To"]),
    }
    for name, value in headers.items():
        message[name] = addresses.get(name, value)
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes(policy=_WHOLE_HEADERS)


def _check(raw: bytes, headers: Mapping[str, str], mail: Mail) -> None:
    """Read the text back as its recipient does, and compare it with what was meant.

    :raises ValueError: if another header or text is read.
    """
    message = message_from_bytes(raw, policy=default_policy)
    found = [(name, str(value)) for name, value in message.items() if name not in _MIME_HEADERS]
    if found != list(headers.items()):
        odd = [name for name, value in found if headers.get(name) != value]
        raise ValueError(f"its headers would be read as others ({', '.join(odd) or 'one is lost'})")
    texts = [part.get_content() for part in message.iter_parts()]
    if [_lines(text) for text in texts] != [_lines(mail.text), _lines(mail.html)]:
        raise ValueError("its text would be read as another one")


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


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
    subject = header_text(title)

    def fill(kind: str) -> str:
        page = _templates().get_template(f"{template}.{kind}")
        return page.render(recipient=recipient, subject=subject, **values)

    return Mail(recipient.email, subject, fill("txt"), fill("html"), recipient.unsubscribe_url)
