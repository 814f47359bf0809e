"""Recipients, and several deliveries in one job: the exit code is that of the gravest fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings import load_settings
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.addresses import LONGEST_ADDRESS
from emmaa_jobs.notifications.posting import PostOffice, all_of
from emmaa_jobs.notifications.service import RecipientRefusedError

DOWN, REFUSED, KEYLESS = SourceUnavailableError("down"), DeliveryError("no"), InputError("keyless")


def raising(error: Exception) -> Callable[[], str]:
    def delivery() -> str:
        raise error

    return delivery


def test_what_all_say_is_joined() -> None:
    assert all_of([lambda: "tweets sent: 1", lambda: "mails sent: 2"]) == (
        "tweets sent: 1; mails sent: 2"
    )


@pytest.mark.parametrize(
    ("faults", "gravest", "text"),
    [
        ([KEYLESS], InputError, "keyless; mails sent: 2"),
        ([KEYLESS, REFUSED], DeliveryError, "keyless; no; mails sent: 2"),
        ([REFUSED, DOWN], SourceUnavailableError, "no; down; mails sent: 2"),
        ([DOWN, KEYLESS], SourceUnavailableError, "down; keyless; mails sent: 2"),
    ],
)
def test_another_attempt_is_asked_for_where_it_may_help(
    faults: list[Exception], gravest: type[Exception], text: str
) -> None:
    with pytest.raises(gravest) as raised:
        all_of([*map(raising, faults), lambda: "mails sent: 2"])
    assert str(raised.value) == text


def test_a_fault_of_the_program_is_raised_after_the_others_are_done() -> None:
    done: list[str] = []

    def mail() -> str:
        done.append("mail")
        return "mails sent: 2"

    with pytest.raises(ZeroDivisionError):
        all_of([raising(ZeroDivisionError()), mail, raising(DOWN)])
    assert done == ["mail"]


def test_a_lack_of_memory_stops_at_once() -> None:
    with pytest.raises(MemoryError):
        all_of([raising(MemoryError()), lambda: pytest.fail("memory is used up")])


def test_an_address_is_refused_that_no_mail_service_takes(
    ledger: NotificationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_SIGN_SECRET", "made-up")
    office = PostOffice(load_settings(), ledger)
    longest = f"{'a' * 64}@{'b' * (LONGEST_ADDRESS - 65)}"
    assert office.recipient(longest).email == longest
    with pytest.raises(RecipientRefusedError, match="it is too long"):
        office.recipient(longest + "b")
