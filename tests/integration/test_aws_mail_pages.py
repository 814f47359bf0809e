"""A browser's view of mails and operators' messages: shows everything and runs nothing."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from infra.local import mails as command
from infra.local.aws.mail_pages import PATH
from infra.local.aws.mails import sent_mails
from tests.integration.aws_driver import Server
from tests.integration.test_aws_bucket_page import Browser

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser(server: Server) -> Browser:
    ses = server.client("sesv2")
    server.client("ses").verify_email_identity(EmailAddress="emmaa@example.org")
    message = EmailMessage()
    message["From"], message["To"] = "emmaa@example.org", "ada@example.org"
    message["Subject"] = f"News {EVIL}"
    message.set_content(f"Text {EVIL}")
    page = f"<html><head></head><body><a href='https://example.org'>x</a>{EVIL}</body></html>"
    message.add_alternative(page, subtype="html")
    ses.send_email(
        FromEmailAddress="emmaa@example.org",
        Destination={"ToAddresses": ["ada@example.org"]},
        Content={"Raw": {"Data": message.as_bytes()}},
    )
    sns = server.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.publish(TopicArn=topic, Subject=f"Late {EVIL}", Message=f"marm {EVIL}")
    return Browser(server.url)


def address_of(browser: Browser, title: str) -> str:
    """Return the address of the mail of a title, as the list has it."""
    page = browser.get(PATH)[1]
    row = next(row for row in page.split("<tr>") if title in row)
    return row.split('href="')[1].split('"')[0]


def test_the_list_has_mails_and_messages_of_topics(browser: Browser) -> None:
    status, page, headers = browser.get(PATH)
    assert status == 200
    assert "ada@example.org" in page
    assert "topic alarms" in page
    assert page.index("Late &lt;script&gt;") < page.index("News &lt;script&gt;"), "newest first"
    assert EVIL not in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert browser.get(f"{PATH}/")[1] == page


def test_a_mail_is_shown_as_text_and_in_a_frame_without_rights(browser: Browser) -> None:
    address = address_of(browser, "News")
    _, page, headers = browser.get(address)
    assert "Text &lt;script&gt;" in page
    assert EVIL not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert f'src="{address}/html"' in page
    assert "frame-src 'self'" in headers["Content-Security-Policy"]
    _, body, headers = browser.get(f"{address}/html")
    assert '<head><base target="_blank">' in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy


def test_a_message_of_a_topic_has_no_html(browser: Browser) -> None:
    address = address_of(browser, "Late")
    page = browser.get(address)[1]
    assert "marm &lt;script&gt;" in page
    assert "<iframe" not in page
    assert browser.get(f"{address}/html")[0] == 404


def test_messages_of_topics_are_no_mails(server: Server, browser: Browser) -> None:
    assert [mail.subject for mail in sent_mails(server.url)].count(f"Late {EVIL}") == 0


@pytest.mark.parametrize("path", ["/none", "/../x", "/a/b", "/a/html", "/%00", "//x/html"])
def test_what_is_not_there_is_said(browser: Browser, path: str) -> None:
    status, page, _ = browser.get(f"{PATH}{path}")
    assert status == 404
    assert "there is no such mail" in page


def test_only_own_pages_and_links_get_an_answer(browser: Browser) -> None:
    assert browser.get(PATH, "POST")[0] == 405
    assert browser.get(PATH, Origin="https://evil.example.org")[0] == 403
    assert browser.get(PATH, Host="evil.example.org")[0] == 403
    foreign = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}
    assert browser.get(PATH, **foreign)[0] == 403
    assert browser.get(PATH, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


def test_the_command_names_what_runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "recorded_processes", lambda folder: [])
    assert command.main() == 2
    assert "`make up` starts one" in capsys.readouterr().err
    monkeypatch.setattr(command, "mails_address", lambda: f"{server.url}{PATH}")
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    assert command.main() == 0
    assert opened == [f"{server.url}{PATH}"]
    assert urlsplit(capsys.readouterr().out.strip()).path == PATH
