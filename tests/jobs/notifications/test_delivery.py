"""Delivering once, whatever happens on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emmaa_jobs.db.notification_ledger import Kind, NotificationLedger, Status
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.delivery import (
    BACK_OFF,
    Courier,
    DeliveryReport,
    Letter,
    preview,
)
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.pacing import Pacer
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"
QUERY = Kind("query")


class Killed(BaseException):
    """The process died."""


class Post:
    """A mail service that keeps what it accepted; ``fault`` may be raised before or after."""

    def __init__(self) -> None:
        self.accepted: list[Mail] = []
        self.asked = 0
        self.before: Callable[[Mail], None] = lambda mail: None
        self.after: Callable[[Mail], None] = lambda mail: None

    def send(self, mail: Mail) -> str:
        self.asked += 1
        self.before(mail)
        self.accepted.append(mail)
        self.after(mail)
        return f"id-{len(self.accepted)}"

    def told(self) -> list[tuple[str, str]]:
        """(recipient, item) of everything accepted."""
        return [(mail.to, item) for mail in self.accepted for item in mail.text.split()]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliver(ledger: NotificationLedger, post: Post, clock: Clock) -> Callable[..., DeliveryReport]:
    """Runs one job."""

    def job(*letters: Letter) -> DeliveryReport:
        pacer = Pacer(14, lambda: clock.now, clock.sleep)
        return Courier(QUERY, ledger, post, pacer).deliver(letters)

    return job


def letter(recipient: str, *items: str) -> Letter:
    def compose(told: Sequence[str]) -> Mail:
        return Mail(recipient, "news", " ".join(told), "", "https://u")

    return Letter(recipient, items, compose)


def raising(error: BaseException, *recipients: str) -> Callable[[Mail], None]:
    def fault(mail: Mail) -> None:
        if not recipients or mail.to in recipients:
            raise error

    return fault


Deliver = Callable[..., DeliveryReport]


def test_nothing_is_told_twice_and_new_items_alone(deliver: Deliver, post: Post) -> None:
    assert deliver(letter(ADA, "a", "b"), letter(BOB, "a")).sent == [ADA, BOB]
    again = deliver(letter(ADA, "a", "b"), letter(BOB, "a", "c"))
    assert (again.settled, again.sent) == ([ADA], [BOB])
    assert post.told() == [(ADA, "a"), (ADA, "b"), (BOB, "a"), (BOB, "c")]
    assert again.summary() == "mails sent: 1, already told: 1"
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
    assert post.told() == [(ADA, "a"), (BOB, "a")]


def test_service_that_never_answers_gets_two_mails_only(deliver: Deliver, post: Post) -> None:
    post.before = raising(DoubtfulError("timed out"))
    with pytest.raises(SourceUnavailableError, match=r"timed out.*without an answer: 2"):
        deliver(*(letter(f"{n}@example.org", "a") for n in range(10)))
    assert post.asked == 2


def test_service_that_is_down_loses_nothing(deliver: Deliver, post: Post) -> None:
    post.before = raising(SourceUnavailableError("SES cannot be asked"), BOB)
    with pytest.raises(SourceUnavailableError, match=r"mails sent: 1"):
        deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a"))
    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a"), letter(EVE, "a")).sent == [BOB, EVE]
    assert post.told() == [(ADA, "a"), (BOB, "a"), (EVE, "a")]


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
    deliver: Deliver, post: Post, clock: Clock
) -> None:
    answers: Iterator[BaseException | None] = iter([ThrottledError(), ThrottledError(), None])

    def fault(mail: Mail) -> None:
        if error := next(answers):
            raise error

    post.before = fault
    assert deliver(letter(ADA, "a")).sent == [ADA]
    assert clock.slept == list(BACK_OFF[:2])
    assert post.told() == [(ADA, "a")]


def test_throttling_without_end_leaves_the_rest_for_later(deliver: Deliver, post: Post) -> None:
    post.before = raising(ThrottledError("daily quota"))
    with pytest.raises(SourceUnavailableError, match="daily quota"):
        deliver(letter(ADA, "a"), letter(BOB, "a"))
    assert post.asked == len(BACK_OFF) + 1
    post.before = lambda mail: None
    assert deliver(letter(ADA, "a"), letter(BOB, "a")).sent == [ADA, BOB]


def test_no_faster_than_ses_allows(deliver: Deliver, clock: Clock) -> None:
    deliver(*(letter(f"{n}@example.org", "a") for n in range(29)))
    assert clock.now == pytest.approx(2)


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
    assert "nobody knows whether it was sent" in caplog.text
    report.check()
    assert deliver(*letters).interrupted == []
    assert [who for who, _ in post.told()].count(BOB) == (2 if moment == "after" else 0)


@pytest.mark.parametrize(
    ("call", "told_by_the_next_job"), [("open_items", True), ("reserve", True), ("sent", False)]
)
def test_killed_at_the_ledger(
    call: str,
    told_by_the_next_job: bool,
    deliver: Deliver,
    post: Post,
    ledger: NotificationLedger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(NotificationLedger, call, die)
        with pytest.raises(Killed):
            deliver(letter(ADA, "a"))
    report = deliver(letter(ADA, "a"))
    assert (report.sent == [ADA]) is told_by_the_next_job
    assert len(report.interrupted) == (0 if told_by_the_next_job else 1)
    assert post.told() == [(ADA, "a")]


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
    assert post.told() == [(ADA, "a"), (ADA, "b")]


def test_another_job_is_quicker(deliver: Deliver, post: Post, ledger: NotificationLedger) -> None:
    def compose(items: Sequence[str]) -> Mail:
        assert ledger.reserve(QUERY, ADA, ["b"])
        return Mail(ADA, "news", " ".join(items), "", "https://u")

    assert deliver(Letter(ADA, ["a", "b"], compose)).settled == [ADA]
    assert post.asked == 0


def test_mail_that_cannot_be_written_is_not_reserved(
    deliver: Deliver, ledger: NotificationLedger
) -> None:
    def compose(_items: Sequence[str]) -> Mail:
        raise ValueError("template")

    with pytest.raises(ValueError, match="template"):
        deliver(Letter(ADA, ["a"], compose))
    assert ledger.entries() == []


def test_preview_writes_nothing(deliver: Deliver, ledger: NotificationLedger, post: Post) -> None:
    deliver(letter(ADA, "a"))
    mails = preview(ledger, [letter(ADA, "a"), letter(BOB, "a"), letter(ADA, "a", "b")])
    assert [(mail.to, mail.text) for mail in mails] == [(BOB, "a"), (ADA, "b")]
    assert len(ledger.entries()) == 1
    assert post.asked == 1


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
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_item_is_told_at_most_once_and_only_doubtful_ones_are_lost(
    data: st.DataObject, ledger: NotificationLedger, clock: Clock
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

    told = post.told()
    assert len(told) == len(set(told))
    wanted = {(one.recipient, item) for one in letters for item in one.items}
    assert set(told) | lost == wanted
