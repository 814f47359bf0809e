"""Delivering at most once, though the job be killed anywhere."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emmaa_jobs.db.notification_ledger import Kind, NotificationLedger
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.delivery import Courier
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.send_rate import Pacer
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from tests.jobs.example_counts import examples
from tests.jobs.local_service import FakeTime
from tests.jobs.notifications.post import ADA, BOB, EVE, Deliver, Post, letter, raising
from tests.jobs.write_points import Killed, killed_at


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_sending(
    moment: str, deliver: Deliver, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(post, moment, raising(Killed(), BOB))
    letters = [letter(ADA, "a"), letter(BOB, "a", "b"), letter(EVE, "a")]
    with pytest.raises(Killed):
        deliver(*letters)
    post.before = post.after = lambda mail: None

    report = deliver(*letters)

    assert report.sent == [EVE]
    assert report.settled == [ADA, BOB]
    assert [(entry.recipient, entry.item) for entry in report.interrupted] == [
        (BOB, "a"),
        (BOB, "b"),
    ]
    assert "left in doubt by an earlier job: 1" in report.summary()
    assert "it may or may not have been sent" in caplog.text
    report.check()
    assert deliver(*letters).interrupted == []
    assert [who for who, _ in post.delivered()].count(BOB) == (2 if moment == "after" else 0)


@pytest.mark.parametrize(
    ("call", "told_by_the_next_job"), [("open_items", True), ("reserve", True), ("sent", False)]
)
def test_killed_at_the_ledger(
    call: str,
    told_by_the_next_job: bool,
    deliver: Deliver,
    post: Post,
    ledger: NotificationLedger,
) -> None:
    with killed_at(NotificationLedger, call):
        deliver(letter(ADA, "a"))
    report = deliver(letter(ADA, "a"))
    assert (report.sent == [ADA]) is told_by_the_next_job
    assert len(report.interrupted) == (0 if told_by_the_next_job else 1)
    assert post.delivered() == [(ADA, "a")]


def test_killed_inside_the_reservation(
    deliver: Deliver, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emmaa_jobs.db import notification_ledger

    original, calls = notification_ledger._reserve, []

    def second_dies(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        original(*args)

    monkeypatch.setattr(notification_ledger, "_reserve", second_dies)
    with pytest.raises(Killed):
        deliver(letter(ADA, "a", "b"))
    report = deliver(letter(ADA, "a", "b"))
    assert (report.sent, report.interrupted) == ([ADA], [])
    assert post.delivered() == [(ADA, "a"), (ADA, "b")]


FATES = {
    "yes": None,
    "no": RefusedError("no"),
    "slow": ThrottledError("slow"),
    "silent": DoubtfulError("silent"),
    "down": SourceUnavailableError("down"),
    "nobody": SenderRefusedError("nobody"),
    "killed": Killed(),
}
EXAMPLES = itertools.count()


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_item_is_told_at_most_once_and_only_doubtful_ones_are_lost(
    data: st.DataObject, ledger: NotificationLedger, clock: FakeTime
) -> None:
    post = Post()
    example = next(EXAMPLES)  # the ledger is one for all examples
    fates = data.draw(
        st.lists(st.tuples(st.sampled_from(sorted(FATES)), st.booleans()), max_size=12)
    )
    pending = iter(fates)
    lost: set[tuple[str, str]] = set()

    def before(mail: Mail) -> None:
        fate, accepted = next(pending, ("yes", False))
        error = FATES[fate]
        if fate in ("silent", "killed"):
            lost.update((mail.to, item) for item in mail.text.split())
            if accepted:
                post.accepted.append(mail)
        if error is not None:
            raise error

    post.before = before
    letters = [letter(f"{who}{example}@x.org", "a", "b") for who in "pq"]
    kind = Kind("query", str(example))
    for _ in range(len(fates) + 1):
        try:
            Courier(kind, ledger, post, Pacer(14, lambda: clock.now, clock.sleep)).deliver(letters)
        except (Killed, SourceUnavailableError, SenderRefusedError):
            continue

    delivered = post.delivered()
    assert len(delivered) == len(set(delivered))
    wanted = {(one.recipient, item) for one in letters for item in one.items}
    assert set(delivered) | lost == wanted
