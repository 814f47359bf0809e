"""Mails: rendered from templates, then made into the bytes that go out."""

from __future__ import annotations

import functools
import quopri
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
from emmaa_jobs.notifications.mail_parts import Details
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
    :param home: where all models are shown
    """

    email: str
    unsubscribe_url: str
    home: str


#: Gmail cuts mails of 102,400 bytes. That many bytes of bodies leave room for the headers.
MAX_BYTES = 98_000
#: Lines of a section, pass rates and messages, tried in turn until the mail is short enough.
_CUTS = ((10, 20, 100), (5, 20, 50), (2, 10, 50), (1, 5, 30), (0, 0, 10), (0, 0, 1))
#: Answers of a group and lines of each answer, likewise.
_ANSWER_CUTS = ((100, 3), (100, 1), (50, 1), (20, 1), (10, 0), (0, 0))


def model_mail(
    recipient: Recipient,
    model: str,
    day: str,
    messages: Sequence[ModelMessage],
    details: Details | None = None,
) -> Mail:
    """Return a mail about one model's news.

    :param model: the model's name for people
    :param day: the round's ``<d>``
    :param details: what changed, item by item; the short form if None
    """
    name = one_line(model)
    counted = details.counted if details else ""
    subject = f"EMMAA: {name}: {counted}" if counted else f"EMMAA: news from {name}"
    fill = functools.partial(_render, "model", recipient, subject, model=name, day=day)
    news = [message.to_json() for message in messages]
    if details is None:
        return fill(messages=news, more=0, details=Details())
    for lines, rates, shown in _CUTS:
        more = max(0, len(news) - shown)
        mail = fill(messages=news[:shown], more=more, details=details.cut(lines, rates))
        if _size(mail) < MAX_BYTES:
            return mail
    return fill(messages=news[:shown], more=more, details=Details())


def _size(mail: Mail) -> int:
    """Return the bytes of a mail's bodies as quoted-printable text, whose lines end in CR LF."""
    parts = [
        quopri.encodestring(part.encode("utf-8", "replace")) for part in (mail.text, mail.html)
    ]
    return sum(len(part) + part.count(b"\n") for part in parts)


def query_mail(recipient: Recipient, groups: Sequence[AnswerGroup], *, with_answers: bool) -> Mail:
    """Return a mail about new answers to queries.

    :param with_answers: whether the groups have the answers; the short form if not
    """
    if not with_answers:
        return _render("query", recipient, "EMMAA: new answers to your queries", groups=groups)
    count = sum(len(group.answers) for group in groups)
    subject = f"EMMAA: {count:,} new answer{'s'[: count != 1]} to your queries"
    for answers, lines in _ANSWER_CUTS:
        shown = [group.cut(answers, lines) for group in groups]
        mail = _render("query", recipient, subject, groups=shown)
        if _size(mail) < MAX_BYTES:
            break
    return mail


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
