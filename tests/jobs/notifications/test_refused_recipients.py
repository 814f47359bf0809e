"""A recipient that is refused for good is named by one round and costs only itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from emmaa_jobs.db.notification_ledger import NotificationLedger, Status
from emmaa_jobs.errors import DeliveryError
from emmaa_jobs.notifications import delivery
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.delivery_report import MAX_NAMED
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RecipientRefusedError,
    RefusedError,
)
from tests.jobs.notifications.post import ADA, BOB, EVE, Deliver, Post, letter, raising

NOON, EVENING = "noon", "evening"
UNVERIFIED = RecipientRefusedError("not verified")


def test_its_own_round_names_it_and_later_rounds_mention_it(deliver: Deliver, post: Post) -> None:
    post.before = raising(UNVERIFIED, BOB)
    first = deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"), round_id=NOON)
    assert first.sent == [ADA, EVE]
    with pytest.raises(DeliveryError, match=r"1 not accepted \(bob@example.org: not verified\)"):
        first.check()

    later = deliver(letter(ADA, "b"), letter(BOB, "b"), round_id=EVENING)
    later.check()
    assert later.summary() == "mails sent: 1, refused as before: 1 (bob@example.org)"
    assert post.asked == 4, "who is refused for good is not asked for again"


def test_every_attempt_at_its_round_reports_it(deliver: Deliver, post: Post) -> None:
    """Airflow tries exit code 4 again: the last attempt must still tell operators."""
    post.before = raising(UNVERIFIED, BOB)
    for _ in range(3):
        report = deliver(letter(BOB, "a"), round_id=NOON)
        with pytest.raises(DeliveryError, match=r"bob@example.org: not verified"):
            report.check()
    post.before = lambda mail: None
    assert deliver(letter(BOB, "a"), round_id=NOON).sent == [BOB], "somebody fixed it"


def test_jobs_of_other_models_do_not_name_it_again(deliver: Deliver, post: Post) -> None:
    post.before = raising(UNVERIFIED, BOB)
    deliver(letter(BOB, "model a"))
    deliver(letter(BOB, "model b")).check()


def test_it_is_asked_for_again_after_a_week_and_forgotten_when_accepted(
    deliver: Deliver, post: Post, ledger: NotificationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.before = raising(UNVERIFIED, BOB)
    deliver(letter(BOB, "a"), round_id=NOON)
    monkeypatch.setattr(delivery, "ASKED_AGAIN", timedelta(0))
    again = deliver(letter(BOB, "a"), round_id=EVENING)
    again.check()
    assert (post.asked, again.refused_before) == (2, [BOB])

    post.before = lambda mail: None
    assert deliver(letter(BOB, "a"), round_id="next week").sent == [BOB]
    assert ledger.faults.refusal(BOB) is None


def test_a_refusal_that_may_pass_is_tried_again_and_reported_again(
    deliver: Deliver, post: Post
) -> None:
    post.before = raising(RefusedError("virus scanner is busy"), BOB)
    for round_id in (NOON, EVENING):
        with pytest.raises(DeliveryError, match="virus scanner is busy"):
            deliver(letter(BOB, "a"), round_id=round_id).check()
    assert post.asked == 2


def test_an_address_that_is_none_is_never_reserved(
    deliver: Deliver, post: Post, ledger: NotificationLedger
) -> None:
    def compose(_items: Sequence[str]) -> Mail:
        raise RecipientRefusedError("'x' is not a mail address")

    address = "x" * 400  # longer than the ledger's column
    report = deliver(Letter(address, ["a"], compose), letter(ADA, "a"), round_id=NOON)
    assert (report.sent, [fault.recipient for fault in report.refused]) == ([ADA], [address])
    later = deliver(Letter(address, ["b"], compose), round_id=EVENING)
    later.check()
    assert later.refused_before == [address]
    assert [entry.status for entry in ledger.entries()] == [Status.SENT]


def test_a_mail_without_an_answer_is_reported_by_every_attempt_of_its_run(
    deliver: Deliver, post: Post
) -> None:
    post.after = raising(DoubtfulError("timed out"), ADA)
    for _ in range(2):
        with pytest.raises(DeliveryError, match=r"ada@example.org: timed out"):
            deliver(letter(ADA, "a"), letter(BOB, "a"), run_id="run 1").check()
    deliver(letter(ADA, "a"), letter(BOB, "a"), run_id="run 2").check()
    deliver(letter(ADA, "a"), letter(BOB, "a")).check()
    assert post.delivered() == [(ADA, "a"), (BOB, "a")]


def test_long_lists_of_recipients_are_cut(deliver: Deliver, post: Post) -> None:
    post.before = raising(UNVERIFIED)
    letters = [letter(f"{number}@example.org", "a") for number in range(MAX_NAMED + 5)]
    with pytest.raises(DeliveryError, match=r"25 not accepted .*; 5 more\); mails sent: 0"):
        deliver(*letters, round_id=NOON).check()
    assert "refused as before: 25 (" in deliver(*letters, round_id=EVENING).summary()


def test_an_address_cannot_write_lines_of_the_log(
    deliver: Deliver, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    address = "bob@example.org\n2026-03-02 INFO done: \x1b[2J"
    post.before = raising(UNVERIFIED)
    report = deliver(letter(address, "a"), round_id=NOON)
    later = deliver(letter(address, "a"), round_id=EVENING)
    with pytest.raises(DeliveryError) as error:
        report.check()
    for text in (str(error.value), later.summary(), *caplog.messages):
        assert len(text.splitlines()) == 1
        assert "\x1b" not in text
