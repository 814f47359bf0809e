"""Mails as they are rendered and as they go out."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from emmaa_jobs.notifications.mail import Mail, Recipient, model_mail, query_mail, raw_mail
from emmaa_jobs.notifications.messages import ModelMessage
from emmaa_jobs.notifications.query_news import AnswerGroup, NewAnswer
from emmaa_jobs.notifications.service import RefusedError

LINK = "https://emmaa.example.org/query/unsubscribe?" + "&".join(
    ["email=ada%40example.org", "expiration=1772452800", "signature=" + "0123456789abcdef" * 4]
)
ADA = Recipient("ada@example.org", LINK, "https://emmaa.example.org")
MESSAGE = ModelMessage(
    "item", "https://emmaa.example.org/dashboard/m?tab=model&date=2026-03-02#addedStmts",
    "Today I read 2 publications and learned ", "1 new mechanism",
)  # fmt: skip
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Page(HTMLParser):
    """The reader's view of an HTML part: its text and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: dict[str, str] = {}
        self._href: str | None = None
        self._open: list[str] = []
        self.feed(html)
        assert self._open == [], "tags are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self._open.append(tag)
        if tag == "a":
            self._href = dict(attrs)["href"]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["title"]:
            self.text += data
        if self._href:
            self.links[data] = self._href


def answer(group: str, english: str, url: str | None = "https://emmaa.example.org/q") -> NewAnswer:
    return NewAnswer("item", group, english, "rasmodel", "Signed Graph", url)


def test_model_mail() -> None:
    mail = model_mail(ADA, "Ras Model", "2026-03-02", [MESSAGE])
    assert mail.subject == "EMMAA: news from Ras Model"
    assert mail.text.splitlines()[:3] == [
        "News from Ras Model, 2026-03-02",
        "",
        MESSAGE.message,
    ]
    assert LINK in mail.text
    page = Page(mail.html)
    assert page.links == {
        "1 new mechanism": MESSAGE.url,
        "EMMAA": "https://emmaa.example.org",
        "unsubscribe": LINK,
    }
    assert "Today I read 2 publications and learned 1 new mechanism." in page.text


def test_query_mail() -> None:
    groups = [
        AnswerGroup("Open searches", "https://emmaa.example.org/query?tab=open",
                    [answer("open", "What inhibits MEK?"), answer("open", "What inhibits ERK?")]),
        AnswerGroup("Temporal", "https://emmaa.example.org/query?tab=dynamic",
                    [answer("dynamic", "Phosphorylated ERK is always high.", None)]),
    ]  # fmt: skip
    mail = query_mail(ADA, groups, with_answers=False)
    assert mail.text.split("\n-- \n")[0] == (
        "New answers to your queries\n"
        "\n"
        "Open searches: https://emmaa.example.org/query?tab=open\n"
        "- What inhibits MEK? (rasmodel, Signed Graph)\n"
        "  https://emmaa.example.org/q\n"
        "- What inhibits ERK? (rasmodel, Signed Graph)\n"
        "  https://emmaa.example.org/q\n"
        "\n"
        "Temporal: https://emmaa.example.org/query?tab=dynamic\n"
        "- Phosphorylated ERK is always high. (rasmodel, Signed Graph)\n"
    )
    page = Page(mail.html)
    assert page.links["What inhibits MEK?"] == "https://emmaa.example.org/q"
    assert page.links["Temporal"] == "https://emmaa.example.org/query?tab=dynamic"
    assert "Phosphorylated ERK is always high." not in page.links
    assert "Phosphorylated ERK is always high." in page.text


def test_names_cannot_break_out_of_html_or_header() -> None:
    mail = model_mail(ADA, 'A <script>"&\nBcc: eve@example.org', "2026-03-02", [MESSAGE])
    assert 'A <script>"&' in Page(mail.html).text
    assert "<script>" not in mail.html
    assert mail.subject == 'EMMAA: news from A <script>"& Bcc: eve@example.org'


def test_raw_mail_reads_back() -> None:
    mail = Mail("ada@example.org", "Größe → 1", "text → ä\n" * 40, "<p>→</p>", LINK)
    raw = raw_mail(mail, "emmaa_notifications@indra.bio", NOON)
    raw.decode("ascii")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["From"] == "EMMAA <emmaa_notifications@indra.bio>"
    assert message["To"] == "ada@example.org"
    assert message["Subject"] == "Größe → 1"
    assert message["Date"].datetime == NOON
    text, html = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().replace("\r\n", "\n") == mail.text
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", mail.html)


def test_one_click_headers_stay_whole() -> None:
    mail = Mail("ada@example.org", "s", "t", "h", LINK + "x" * 200)
    head = raw_mail(mail, "emmaa_notifications@indra.bio", NOON).split(b"\r\n\r\n")[0]
    assert f"List-Unsubscribe: <{mail.unsubscribe_url}>".encode() in head.split(b"\r\n")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head.split(b"\r\n")


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "ada@", "@example.org", "Ada <ada@example.org>", "ada@example.org, eve@x.org",
        "ada@example.org\nBcc: eve@x.org", "ada @example.org", "ädä@example.org", "a@b@c",
        "ada@exa mple.org", "a" * 65 + "@example.org", ".@example.org", "a..b@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(RefusedError, match="is not a mail address"):
        raw_mail(Mail(address, "s", "t", "h", LINK), "emmaa_notifications@indra.bio", NOON)


@pytest.mark.parametrize("address", ["o'neil+emmaa@mail.example.org", "a_b-c@x.org"])
def test_unusual_addresses_are_taken(address: str) -> None:
    raw = raw_mail(Mail(address, "s", "t", "h", LINK), "emmaa_notifications@indra.bio", NOON)
    assert f"To: {address}".encode() in raw.split(b"\r\n")
