"""Operators are notified by mail or by SNS, with the unchanged text."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from emmaa_airflow.reporting.failure_report import OperatorReport
from emmaa_airflow.reporting.notifiers import operators_notifier
from emmaa_cycle.settings_sections import Operators

REPORT = OperatorReport("EMMAA: x failed", "{{ 1/0 }} <b>\nLog: https://airflow.example.org/x\n")


class _Session(socketserver.StreamRequestHandler):
    """Takes one mail by SMTP."""

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self._take_mail()
            if verb == b"QUIT":
                return self._say("221 bye")
            self._say("250 ok")
        return None

    def _take_mail(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.server.mails.append(b"".join(lines))  # type: ignore[attr-defined]

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Collect the mails that a server received; the connection ``smtp_default`` leads to it."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Session) as server:
        taken: list[bytes] = []
        server.mails = taken  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"smtp://127.0.0.1:{server.server_address[1]}/?disable_ssl=true&disable_tls=true"
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"{url}&from_email=airflow@example.org")
        yield taken
        server.shutdown()
        thread.join()


def test_without_operators_there_is_no_notifier() -> None:
    assert operators_notifier(Operators()) is None


def test_a_mail_has_the_text_and_links_that_can_be_clicked(mails: list[bytes]) -> None:
    notifier: Any = operators_notifier(Operators(addresses=("a@example.org", "b@example.org")))
    notifier({"report": REPORT})
    (raw,) = mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == REPORT.subject
    assert mail["From"] == "airflow@example.org"
    assert mail["To"] == "a@example.org, b@example.org"
    body: Any = mail.get_body()
    html = body.get_content()
    assert html.startswith("<pre>{{ 1/0 }} &lt;b&gt;\n")
    assert '<a href="https://airflow.example.org/x" rel="noopener">' in html


def test_a_mail_server_that_is_away_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "smtp://127.0.0.1:1/?disable_ssl=true&disable_tls=true&retry_limit=1"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"{url}&from_email=airflow@example.org")
    notifier: Any = operators_notifier(Operators(addresses=("a@example.org",)))
    with pytest.raises(Exception, match=r"refused|Unable to connect"):
        notifier({"report": REPORT})


def test_a_topic_is_addressed_in_its_own_region() -> None:
    arn = "arn:aws:sns:eu-central-1:123456789012:operators"
    notifier: Any = operators_notifier(Operators(topic_arn=arn))
    assert (notifier.region_name, notifier.target_arn) == ("eu-central-1", arn)


def test_two_ways_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        Operators(topic_arn="arn:aws:sns:us-east-1:123456789012:x", addresses=("a@example.org",))
