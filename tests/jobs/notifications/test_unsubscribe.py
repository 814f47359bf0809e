"""Signed links that end subscriptions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.notifications.unsubscribe import (
    is_valid,
    sign_secret,
    signature,
    unsubscribe_url,
)

SECRET = "a secret for tests"
# printf 'ada@example.org 1772452800' | openssl dgst -sha256 -hmac 'a secret for tests'
KNOWN = "12efb41504a1532bfdfa2e6cd98a6411a85fe0f9e615b075bd0d58076fbed7a2"
SENT = datetime(2026, 2, 23, 12, tzinfo=UTC)


def test_known_signature() -> None:
    assert signature("ada@example.org", 1772452800, SECRET) == KNOWN


def test_link_holds_what_the_service_checks() -> None:
    url = urlsplit(unsubscribe_url("emmaa.example.org", "ada@example.org", SENT, SECRET))
    assert (url.scheme, url.netloc, url.path) == (
        "https", "emmaa.example.org", "/query/unsubscribe",
    )  # fmt: skip
    assert parse_qs(url.query) == {
        "email": ["ada@example.org"],
        "expiration": ["1772452800"],
        "signature": [KNOWN],
    }


def test_addresses_survive_the_url() -> None:
    url = urlsplit(unsubscribe_url("emmaa.example.org", "a+b&c=d@example.org", SENT, SECRET))
    assert parse_qs(url.query)["email"] == ["a+b&c=d@example.org"]


def test_expiration_does_not_depend_on_the_hosts_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = SENT.astimezone(timezone(timedelta(hours=9)))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert "expiration=1772452800&" in unsubscribe_url("d", "a@b", elsewhere, SECRET)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        unsubscribe_url("d", "a@b", datetime(2026, 2, 23, 12), SECRET)


@pytest.mark.parametrize(
    ("email", "expiration", "given", "valid"),
    [
        ("ada@example.org", 1772452800, KNOWN, True),
        ("eve@example.org", 1772452800, KNOWN, False),
        ("ada@example.org", 1772452801, KNOWN, False),
        ("ada@example.org", 1772452800, KNOWN[:-1], False),
        ("ada@example.org", 1772452800, "ä", False),
    ],
)
def test_only_the_genuine_link_is_valid(
    email: str, expiration: int, given: str, valid: bool
) -> None:
    assert is_valid(email, expiration, given, SENT, SECRET) is valid


def test_link_expires_after_seven_days() -> None:
    end = SENT + timedelta(days=7)
    assert is_valid("ada@example.org", 1772452800, KNOWN, end, SECRET)
    late = end + timedelta(seconds=1)
    assert not is_valid("ada@example.org", 1772452800, KNOWN, late, SECRET)


def test_secret_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_SIGN_SECRET")
    with pytest.raises(InputError, match="EMAIL_SIGN_SECRET is not set"):
        sign_secret()
