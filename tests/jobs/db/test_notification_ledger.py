"""Tests of the ledger of sent notifications."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from emmaa_jobs.db.notification_ledger import (
    QUERY_NEWS,
    Kind,
    NotificationLedger,
    Status,
    entry_key,
)

ADA, EVE = "ada@example.org", "eve@example.org"
QUERY, RAS = Kind("query"), Kind("model", "rasmodel")


def reserve(ledger: NotificationLedger, *items: str, kind: Kind = QUERY) -> str:
    mail = ledger.reserve(kind, ADA, items)
    assert mail is not None
    return mail


def statuses(ledger: NotificationLedger) -> dict[str, Status]:
    return {entry.item: entry.status for entry in ledger.entries(ADA)}


def test_an_item_and_its_recipient_have_the_key_that_they_always_had() -> None:
    """A ledger outlives the code: with another key, everybody would get all news again."""
    key = "dbfee1d97e6abd165d9c8db8b85b5f0efb24b18e0a685e9d17ce396fdc47e0f9"
    assert entry_key(ADA, "a") == key


def test_rows_of_the_ledger_have_the_words_that_they_always_had(
    ledger: NotificationLedger,
) -> None:
    ledger.silence(QUERY, ["a"])
    assert [str(status) for status in Status] == [
        *("reserved", "sent", "failed", "unknown", "silent")
    ]
    (entry,) = ledger.entries()
    assert (entry.recipient, entry.status, entry.kind) == ("*", "silent", QUERY)
    assert (QUERY_NEWS.name, QUERY_NEWS.scope) == ("query", "")


def test_sent_items_are_settled_for_their_recipient(ledger: NotificationLedger) -> None:
    ledger.sent(reserve(ledger, "a", "b"), "ses-1")
    assert ledger.open_items(ADA, ["b", "c", "a"]) == ["c"]
    assert ledger.open_items(EVE, ["b"]) == ["b"]
    assert ledger.reserve(QUERY, ADA, ["b"]) is None
    first = ledger.entries()[0]
    assert (first.message_id, first.attempts) == ("ses-1", 1)
    assert first.finished_at is not None
    assert first.finished_at >= first.reserved_at


def test_reserved_items_are_nobody_elses(ledger: NotificationLedger) -> None:
    reserve(ledger, "a")
    assert ledger.open_items(ADA, ["a"]) == []
    assert ledger.reserve(QUERY, ADA, ["b", "a"]) is None
    assert statuses(ledger) == {"a": Status.RESERVED}


def test_failed_items_are_tried_again(ledger: NotificationLedger) -> None:
    ledger.failed(reserve(ledger, "a"), "refused")
    assert ledger.entries()[0].error == "refused"
    assert ledger.open_items(ADA, ["a"]) == ["a"]
    ledger.sent(reserve(ledger, "a", "b"), "ses-1")
    assert statuses(ledger) == {"a": Status.SENT, "b": Status.SENT}
    first = ledger.entries()[0]
    assert (first.attempts, first.error) == (2, None)


def test_interrupted_items_become_unknown_once_and_stay_settled(
    ledger: NotificationLedger,
) -> None:
    reserve(ledger, "a", "b")
    reserve(ledger, "of a model", kind=RAS)
    assert [entry.item for entry in ledger.settle_interrupted(QUERY)] == ["a", "b"]
    assert ledger.settle_interrupted(QUERY) == []
    assert ledger.settle_interrupted(Kind("model", "other")) == []
    assert ledger.open_items(ADA, ["a", "of a model"]) == []
    assert ledger.reserve(QUERY, ADA, ["a"]) is None
    assert statuses(ledger)["of a model"] is Status.RESERVED


def test_slow_job_may_still_record_its_yes(ledger: NotificationLedger) -> None:
    mail = reserve(ledger, "a")
    ledger.settle_interrupted(QUERY)
    ledger.sent(mail, "ses-1")
    assert statuses(ledger) == {"a": Status.SENT}


def test_silent_items_are_for_nobody_until_silence_is_lifted(ledger: NotificationLedger) -> None:
    for _ in range(2):
        ledger.silence(QUERY, ["a", "b"])
    assert ledger.open_items(ADA, ["a", "b", "c"]) == ledger.open_items(EVE, ["c"]) == ["c"]
    assert ledger.settle_interrupted(QUERY) == []
    ledger.lift_silence(["a", "c"])
    assert ledger.open_items(ADA, ["a", "b", "c"]) == ["a", "c"]
    ledger.sent(reserve(ledger, "a"), "ses-1")
    ledger.lift_silence(["a"])
    assert ledger.open_items(ADA, ["a"]) == []


def test_two_jobs_reserve_at_once_and_one_wins(ledger: NotificationLedger) -> None:
    start = threading.Barrier(4)

    def work(_number: int) -> str | None:
        start.wait()
        return ledger.reserve(QUERY, ADA, ["a", "b"])

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(work, range(4)))
    assert len([mail for mail in won if mail]) == 1
    assert len(ledger.entries()) == 2
