"""Refused recipients and doubtful messages, on both databases."""

from __future__ import annotations

import threading

from sqlalchemy import text

from emmaa_jobs.db.delivery_faults import DeliveryFaults
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.notification_ledger import Kind, NotificationLedger


def test_the_round_that_named_a_recipient_stays(ledger: NotificationLedger) -> None:
    faults = ledger.faults
    assert faults.refusal("bob@example.org") is None
    first = faults.refuse("bob@example.org", "noon", "not verified")
    again = faults.refuse("bob@example.org", "evening", "still not verified")
    assert (first.round_id, again.round_id) == ("noon", "noon")
    known = faults.refusal("bob@example.org")
    assert known is not None
    assert known.reason == "still not verified"
    assert known.asked_at >= first.asked_at
    assert ledger.entries() == [], "a refusal is no notification"
    faults.accept("bob@example.org")
    assert faults.refusal("bob@example.org") is None


def test_refusals_are_counted_for_who_reads_the_table(
    ledger: NotificationLedger,
) -> None:
    for _ in range(2):
        ledger.faults.refuse("bob@example.org", "noon", "not verified")
    engine = database_engine("primary")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT attempts FROM notification")) == 2
    engine.dispose()


def test_doubts_are_those_of_their_round(ledger: NotificationLedger) -> None:
    ledger.faults.doubt("ada@example.org", "noon", "mail-1", "timed out\x00")
    ledger.faults.doubt("ada@example.org", "noon", "mail-2", "cut off")
    assert [doubt.reason for doubt in ledger.faults.doubts("noon")] == [r"timed out\x00", "cut off"]
    assert ledger.faults.doubts("evening") == []
    assert ledger.settle_interrupted(Kind("doubt")) == []


def test_recipients_of_any_length_and_content_are_kept_apart(ledger: NotificationLedger) -> None:
    names = ["x" * 1000, "x" * 1001, "a\x00b", "a\ud800b", ""]
    for name in names:
        ledger.faults.refuse(name, "noon", name)
    for name in names:
        assert ledger.faults.refusal(name) is not None
    assert ledger.faults.refusal("x" * 999) is None


def test_two_jobs_that_are_refused_at_once_name_one_round(ledger: NotificationLedger) -> None:
    barrier = threading.Barrier(2)
    rounds: list[str] = []

    def job(round_id: str) -> None:
        barrier.wait()
        rounds.append(ledger.faults.refuse("bob@example.org", round_id, "no").round_id)

    threads = [threading.Thread(target=job, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = ledger.faults.refusal("bob@example.org")
    assert known is not None
    assert rounds == [known.round_id] * 2
    assert isinstance(ledger.faults, DeliveryFaults)
