"""Tests of a recorded mail's recipients: from its request, otherwise from its headers."""

from __future__ import annotations

import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from infra.local.aws import recordings
from infra.local.aws.recordings import _recipients


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage(policy=email.policy.default)
    for name, value in headers.items():
        mail[name] = value
    return mail


def counting(headers: list[str]) -> list[tuple[str, str]]:
    """As Pythons that are strict: one address a header at least, or none at all."""
    found = [("", word.strip()) for header in headers for word in header.split(",") if word.strip()]
    expected = sum(1 + header.count(",") for header in headers)
    return found if len(found) == expected else [("", "")]


@pytest.mark.parametrize("newer", [False, True])
def test_headers_that_are_absent_take_no_address_away(
    monkeypatch: pytest.MonkeyPatch, newer: bool
) -> None:
    if newer:
        monkeypatch.setattr(recordings, "getaddresses", counting)
    mail = message(To="ada@example.org, grace@example.org")
    assert _recipients({}, mail) == ("ada@example.org", "grace@example.org")
    assert _recipients({}, message(Bcc="ada@example.org")) == ("ada@example.org",)
    assert _recipients({}, message()) == ()


def test_the_request_wins_over_the_headers() -> None:
    request: dict[str, Any] = {"Destination": {"ToAddresses": ["ada@example.org"]}}
    assert _recipients(request, message(To="grace@example.org")) == ("ada@example.org",)
