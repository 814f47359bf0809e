"""Mails say what was meant and nothing else, whatever names and statements hold.

hypothesis makes titles, names, statements and addresses: each mail is either refused or read back
with exactly the intended headers and texts.
"""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emmaa_cycle.model_config import ModelConfig
from emmaa_jobs.notifications import mail as mail_module
from emmaa_jobs.notifications.addresses import ascii_address
from emmaa_jobs.notifications.mail import Mail, Recipient, model_mail, query_mail, raw_mail
from emmaa_jobs.notifications.messages import ModelMessage
from emmaa_jobs.notifications.plain_text import header_text, one_line
from emmaa_jobs.notifications.query_news import AnswerGroup, NewAnswer
from emmaa_jobs.notifications.service import RecipientRefusedError, RefusedError
from emmaa_jobs.notifications.unsubscribe import unsubscribe_url
from tests.jobs.example_counts import examples

SENDER = "emmaa_notifications@indra.bio"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADERS = [
    "From", "To", "Subject", "Date", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Auto-Submitted", "MIME-Version", "Content-Type",
]  # fmt: skip
INJECTIONS = [
    "=?utf-8?q?Ras=0d=0aBcc:_x=40example.com?=",
    "=?utf-8?b?UmFzDQpCY2M6IHhAZXhhbXBsZS5jb20=?=",
    "Ras\r\nBcc: x@example.com",
    "Ras\nBcc: x@example.com\n\nspoofed body",
    "Ras\x0bBcc: x@example.com",
    "Ras\u2028Bcc: x@example.com",
    "Ras\x85Bcc: x@example.com",
    "Ras\x00\x1f model",
    "=?=?utf-8?q?=0d=0aBcc:_x?=",
    "a, Eve <eve@example.com>",
    "\u202eelbaignored",
    "--==\r\nContent-Type: text/html\r\n\r\n<script>",
    "<script>alert(1)</script>",
    '"><a href="https://evil.example">',
    "{{ recipient }}",
]
PIECES = st.sampled_from(["=?", "?=", "?q?", "?b?", "utf-8", "=0d=0a", "\r", "\n", ":", "Bcc", "<"])
ANY_TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(INJECTIONS),
    st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12).map("".join),
)


def recipient(address: str = "ada@example.org") -> Recipient:
    link = unsubscribe_url("emmaa.example.org", address, NOON, "key")
    return Recipient(address, link, "https://emmaa.example.org")


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def assert_intended(raw: bytes, mail: Mail) -> None:
    """Check with two parsers, and by the lines themselves."""
    message = read(raw)
    assert message.keys() == HEADERS
    old = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert old.keys() == HEADERS
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert [line.partition(b":")[0].decode() for line in head.split(b"\r\n")
            if not line.startswith((b" ", b"\t"))] == HEADERS  # fmt: skip
    assert message["To"] == ascii_address(mail.to)
    assert message["From"] == f"EMMAA <{SENDER}>"
    assert len(message["To"].addresses) == len(message["From"].addresses) == 1
    assert message["Subject"] == mail.subject
    assert message["List-Unsubscribe"] == f"<{mail.unsubscribe_url}>"
    assert f"List-Unsubscribe: <{mail.unsubscribe_url}>".encode() in head.split(b"\r\n")
    assert not message.defects


def model_news(title: str, corpus: str) -> Mail:
    message = ModelMessage(
        "item", "https://emmaa.example.org/dashboard/m", "Today I applied ", "1 new test",
        f" in the test corpus “{one_line(corpus)}”",
    )  # fmt: skip
    config = ModelConfig(search_terms=[], human_readable_name=title)
    return model_mail(recipient(), config.title("rasmodel"), "2026-03-02", [message])


@settings(max_examples=examples(200), deadline=None)
@given(title=ANY_TEXT, corpus=ANY_TEXT)
@example(title=INJECTIONS[0], corpus="a")
def test_a_models_mail_has_the_intended_headers_and_lines(title: str, corpus: str) -> None:
    mail = model_news(title, corpus)
    assert_intended(raw_mail(mail, SENDER, NOON), mail)
    assert len(mail.text.splitlines()) == 7, "no name begins a line"
    assert mail.html.count("<a href=") == 3


@settings(max_examples=examples(200), deadline=None)
@given(statement=ANY_TEXT, model=ANY_TEXT)
def test_a_query_mail_has_the_intended_headers_and_lines(statement: str, model: str) -> None:
    answer = NewAnswer(
        "item",
        "static",
        one_line(statement),
        one_line(model),
        "PySB",
        "https://emmaa.example.org/q",
    )
    group = AnswerGroup("Source-target paths", "https://emmaa.example.org/query", [answer])
    mail = query_mail(recipient(), [group], with_answers=False)
    assert_intended(raw_mail(mail, SENDER, NOON), mail)
    assert len(mail.text.splitlines()) == 9
    assert mail.html.count("<a href=") == 4
    assert "<script" not in mail.html


@settings(max_examples=examples(200), deadline=None)
@given(subject=ANY_TEXT)
def test_any_title_becomes_a_subject_that_reads_back(subject: str) -> None:
    mail = Mail("ada@example.org", header_text(subject), "text", "<p>html</p>", "https://u")
    assert_intended(raw_mail(mail, SENDER, NOON), mail)


ADDRESSES = st.one_of(
    st.text(max_size=40),
    st.tuples(st.text(max_size=20), st.text(max_size=20)).map("@".join),
    st.emails(),
    st.tuples(st.from_regex(r"[a-z0-9.+'_-]{1,12}", fullmatch=True),
              st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=12))
    .map(lambda parts: f"{parts[0]}@{parts[1]}.org"),
)  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(address=ADDRESSES)
@example("ada@example.org\r\nBcc: eve@example.org")
@example("=?utf-8?q?ada=0d=0aBcc:_x?=@example.org")
def test_a_mail_goes_to_the_address_alone_or_is_refused(address: str) -> None:
    mail = Mail(address, "news", "text", "<p>html</p>", "https://u")
    try:
        raw = raw_mail(mail, SENDER, NOON)
    except RecipientRefusedError:
        return
    assert_intended(raw, mail)
    assert ascii_address(address).isascii()


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ada@EXAMPLE.org", "ada@EXAMPLE.org"),
        (" ada@example.org ", "ada@example.org"),
    ],
)
def test_international_domains_are_punycode(address: str, sent_to: str) -> None:
    assert ascii_address(address) == sent_to
    raw = raw_mail(Mail(address, "s", "t", "h", "https://u"), SENDER, NOON)
    assert f"To: {sent_to}".encode() in raw.split(b"\r\n")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("jürgen@example.org", r"'jürgen@example\.org' .* non-ASCII characters before the @"),
        ("ada@exa☃\u200bmple.org", "its domain is not valid"),
        ("ada@-a.org", "its domain is not valid"),
        ("ada@" + "ü" * 70 + ".org", "its domain is not valid"),
        ("ada@" + "a." * 130 + "org", "its domain is not valid"),
        ("ada@a..org", "its domain is not valid"),
        (None, "None is not a mail address"),
        ("", "'' is not a mail address"),
    ],
)
def test_what_ses_cannot_send_to_is_refused_by_name(address: str | None, reason: str) -> None:
    with pytest.raises(RecipientRefusedError, match=reason):
        ascii_address(address)


@pytest.mark.parametrize("subject", [INJECTIONS[0], INJECTIONS[1]])
def test_a_mail_that_would_be_read_as_another_is_refused(subject: str) -> None:
    """The check after serialisation holds, even if a name is not made plain before."""
    mail = Mail("ada@example.org", subject, "text", "<p>html</p>", "https://u")
    with pytest.raises(RefusedError, match="the mail cannot be written"):
        raw_mail(mail, SENDER, NOON)


def test_a_mail_with_a_header_more_is_refused() -> None:
    """Newer Pythons write no such mail; the check does not depend on that."""
    mail = Mail("ada@example.org", "Ras", "text", "<p>html</p>", "https://u")
    good = raw_mail(mail, SENDER, NOON)
    spoiled = good.replace(b"Subject: Ras", b"Subject: Ras\r\nBcc: x@example.com")
    with (
        patch.object(mail_module, "_serialised", return_value=spoiled),
        pytest.raises(RefusedError, match=r"be read as others \(Bcc\)"),
    ):
        raw_mail(mail, SENDER, NOON)
