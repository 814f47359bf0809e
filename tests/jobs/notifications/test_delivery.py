"""Delivering each item once to everybody, whatever the service says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.notification_ledger import NotificationLedger, Status
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.delivery import BACK_OFF, Letter, preview
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from tests.jobs.local_service import FakeTime
from tests.jobs.notifications.post import ADA, BOB, EVE, QUERY, Deliver, Post, letter, raising


def test_nothing_is_told_twice_and_new_items_alone(deliver: Deliver, post: Post) -> None:
    assert deliver(letter(ADA, "a", "b"), letter(BOB, "a")).sent == [ADA, BOB]
    again = deliver(letter(ADA, "a", "b"), letter(BOB, "a", "c"))
    assert (again.settled, again.sent) == ([ADA], [BOB])
    assert post.delivered() == [(ADA, "a"), (ADA, "b"), (BOB, "a"), (BOB, "c")]
    assert again.summary() == "mails sent: 1, already notified: 1"
    again.check()


def test_refused_address_does_not_stop_the_others(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    post.before = raising(RefusedError("not verified"), BOB)
    report = deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"))
    assert report.sent == [ADA, EVE]
    with pytest.raises(DeliveryError, match=r"1 not accepted \(bob@example.org: not verified\)"):
        report.check()
    assert [(entry.status, entry.error) for entry in ledger.entries(BOB)] == [
        (Status.FAILED, "not verified")
    ]

    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a")).sent == [BOB]


def test_mail_without_an_answer_is_not_sent_again(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    post.after = raising(DoubtfulError("timed out"), ADA)
    report = deliver(letter(ADA, "a"), letter(BOB, "a"))
    assert report.sent == [BOB]
    with pytest.raises(DeliveryError, match="timed out"):
        report.check()
    assert [entry.status for entry in ledger.entries(ADA)] == [Status.UNKNOWN]

    again = deliver(letter(ADA, "a"), letter(BOB, "a"))
    assert again.settled == [ADA, BOB]
    again.check()
    assert post.delivered() == [(ADA, "a"), (BOB, "a")]


def test_service_that_never_answers_gets_two_mails_only(deliver: Deliver, post: Post) -> None:
    post.before = raising(DoubtfulError("timed out"))
    with pytest.raises(SourceUnavailableError, match=r"timed out.*without an answer: 2"):
        deliver(*(letter(f"{n}@example.org", "a") for n in range(10)))
    assert post.asked == 2


def test_service_that_is_down_loses_nothing(deliver: Deliver, post: Post) -> None:
    post.before = raising(SourceUnavailableError("SES cannot be reached"), BOB)
    with pytest.raises(SourceUnavailableError, match=r"mails sent: 1"):
        deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"))
    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a")).sent == [BOB, EVE]
    assert post.delivered() == [(ADA, "a"), (BOB, "a"), (EVE, "a")]


def test_sender_that_is_refused_is_not_tried_on_everybody(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    post.before = raising(SenderRefusedError("no permission"), BOB)
    with pytest.raises(SenderRefusedError, match=r"no permission \(mails sent: 1\)"):
        deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"))
    assert post.asked == 2
    assert [entry.status for entry in ledger.entries(BOB)] == [Status.FAILED]
    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a")).sent == [BOB, EVE]


def test_throttled_mail_is_tried_again_after_a_pause(
    deliver: Deliver, post: Post, clock: FakeTime
) -> None:
    answers: Iterator[BaseException | None] = iter([ThrottledError(), ThrottledError(), None])

    def fault(mail: Mail) -> None:
        if error := next(answers):
            raise error

    post.before = fault
    assert deliver(letter(ADA, "a")).sent == [ADA]
    assert clock.slept == list(BACK_OFF[:2])
    assert post.delivered() == [(ADA, "a")]


def test_throttling_without_end_leaves_the_rest_for_later(deliver: Deliver, post: Post) -> None:
    post.before = raising(ThrottledError("daily quota"))
    with pytest.raises(SourceUnavailableError, match="daily quota"):
        deliver(letter(ADA, "a"), letter(BOB, "a"))
    assert post.asked == len(BACK_OFF) + 1
    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a")).sent == [ADA, BOB]


def test_no_faster_than_ses_allows(deliver: Deliver, clock: FakeTime) -> None:
    deliver(*(letter(f"{n}@example.org", "a") for n in range(29)))
    assert sum(clock.slept) == pytest.approx(2)


def test_another_job_is_quicker(deliver: Deliver, post: Post, ledger: NotificationLedger) -> None:
    def compose(items: Sequence[str]) -> Mail:
        assert ledger.reserve(QUERY, ADA, ["b"])
        return Mail(ADA, "news", " ".join(items), "", "https://u")

    assert deliver(Letter(ADA, ["a", "b"], compose)).settled == [ADA]
    assert post.asked == 0


def test_mail_that_cannot_be_written_costs_itself_and_is_not_reserved(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    def compose(_items: Sequence[str]) -> Mail:
        raise ValueError("template")

    report = deliver(Letter(ADA, ["a"], compose), letter(BOB, "a"))
    assert report.sent == [BOB]
    with pytest.raises(
        DeliveryError, match=r"ada@example.org: it cannot be written: ValueError: t"
    ):
        report.check()
    assert ledger.entries(ADA) == []


def test_a_setting_that_is_missing_stops_the_job(deliver: Deliver, post: Post) -> None:
    def compose(_items: Sequence[str]) -> Mail:
        raise InputError("EMAIL_SIGN_SECRET is not set")

    with pytest.raises(InputError, match="EMAIL_SIGN_SECRET"):
        deliver(Letter(ADA, ["a"], compose), letter(BOB, "a"))
    assert post.asked == 0


def test_preview_writes_nothing(deliver: Deliver, ledger: NotificationLedger, post: Post) -> None:
    deliver(letter(ADA, "a"))
    mails = preview(ledger, [letter(ADA, "a"), letter(BOB, "a"), letter(ADA, "a", "b")])
    assert [(mail.to, mail.text) for mail in mails] == [(BOB, "a"), (ADA, "b")]
    assert len(ledger.entries()) == 1
    assert post.asked == 1


def test_a_fault_of_the_program_while_sending_leaves_one_mail_in_doubt(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    post.before = raising(ValueError("a part of the answer is missing"), BOB)
    report = deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"))
    assert report.sent == [ADA, EVE]
    with pytest.raises(DeliveryError, match="ValueError: a part of the answer"):
        report.check()
    assert [entry.status for entry in ledger.entries(BOB)] == [Status.UNKNOWN]
