"""Delivering messages once: the ledger is written around each send.

What may happen to a message is told apart by whether it was certainly not sent (the next job
tries again), certainly sent, or perhaps sent (reported and left alone).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emmaa_jobs.db.notification_ledger import Entry, Kind, NotificationLedger
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.pacing import Pacer
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    Message,
    RefusedError,
    SenderRefusedError,
    Service,
    ThrottledError,
)
from emmaa_jobs.progress import progress

M = TypeVar("M", bound=Message)

logger = logging.getLogger(__name__)

#: Seconds to wait before a throttled message is tried again, where the service does not say.
BACK_OFF = (1, 2, 4)
#: A service that asks to wait for longer counts as unavailable; seconds.
LONGEST_WAIT = 60
#: So many messages in a row without an answer mean that the service is ill: the rest can wait.
DOUBTS_IN_A_ROW = 2


@dataclass(frozen=True)
class Letter(Generic[M]):
    """News for one recipient, not yet written.

    :param recipient: a mail address, or an account that tweets
    :param items: the pieces of news, as the ledger knows them
    :param compose: writes the message about some of the items, given in their order
    """

    recipient: str
    items: Sequence[str]
    compose: Callable[[Sequence[str]], M]


@dataclass(frozen=True)
class Fault:
    """A message that was not accepted."""

    recipient: str
    reason: str

    def __str__(self) -> str:
        return f"{self.recipient}: {self.reason}"


@dataclass
class DeliveryReport:
    """How a delivery went.

    :param noun: what was delivered, such as "mail"
    :param sent: the recipient of each message that was accepted
    :param settled: the recipient of each letter of which all had been told
    :param interrupted: what an earlier job left without an answer
    """

    noun: str = "mail"
    sent: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    refused: list[Fault] = field(default_factory=list)
    doubtful: list[Fault] = field(default_factory=list)
    interrupted: list[Entry] = field(default_factory=list)

    def summary(self) -> str:
        """The counts in one line; those that are 0 are left out, but for those sent."""
        lost = len({entry.mail for entry in self.interrupted})
        counts = {
            "already told": len(self.settled),
            "refused": len(self.refused),
            "without an answer": len(self.doubtful),
            "left in doubt by an earlier job": lost,
        }
        told = [f"{what}: {number}" for what, number in counts.items() if number]
        return ", ".join([f"{self.noun}s sent: {len(self.sent)}", *told])

    def check(self) -> None:
        """Make a message that was not accepted the job's failure, after all others went out.

        :raises DeliveryError: with the count, the recipients and the reasons.
        """
        faults = [*self.refused, *self.doubtful]
        if faults:
            reasons = "; ".join(str(fault) for fault in faults)
            raise DeliveryError(f"{len(faults)} not accepted ({reasons}); {self.summary()}")


class Courier(Generic[M]):
    """Delivers letters of one kind.

    :param kind: which stream of the ledger this job works on
    :param noun: what is delivered, such as "mail"
    """

    def __init__(
        self,
        kind: Kind,
        ledger: NotificationLedger,
        service: Service[M],
        pacer: Pacer,
        noun: str = "mail",
    ) -> None:
        self._kind = kind
        self._ledger = ledger
        self._service = service
        self._pacer = pacer
        self._noun = noun

    def deliver(self, letters: Iterable[Letter[M]]) -> DeliveryReport:
        """Send what was not sent yet.

        What is left where it ends early goes out with the next job.

        :raises SourceUnavailableError: if the service cannot be used.
        :raises SenderRefusedError: if the service takes nothing from this sender.
        """
        report = DeliveryReport(
            self._noun, interrupted=settle_interrupted(self._ledger, self._kind)
        )
        in_doubt = 0
        for letter in progress(letters, f"sending {self._noun}s", self._noun):
            doubts = len(report.doubtful)
            try:
                self._deliver(letter, report)
            except (SourceUnavailableError, SenderRefusedError) as error:
                raise type(error)(f"{error} ({report.summary()})") from error
            in_doubt = in_doubt + 1 if len(report.doubtful) > doubts else 0
            if in_doubt == DOUBTS_IN_A_ROW:
                reason = report.doubtful[-1].reason
                raise SourceUnavailableError(f"{reason} ({report.summary()})")
        return report

    def _deliver(self, letter: Letter[M], report: DeliveryReport) -> None:
        to = letter.recipient
        items = self._ledger.open_items(to, letter.items)
        message = letter.compose(items) if items else None
        reservation = self._ledger.reserve(self._kind, to, items) if items else None
        if message is None or reservation is None:
            report.settled.append(to)
            return
        try:
            message_id = self._send(message)
        except RefusedError as error:
            self._ledger.failed(reservation, str(error))
            report.refused.append(Fault(to, str(error)))
            logger.error("%s to %s refused: %s", self._noun, to, error)
        except DoubtfulError as error:
            self._ledger.unknown(reservation, str(error))
            report.doubtful.append(Fault(to, str(error)))
            logger.error("%s to %s without an answer: %s", self._noun, to, error)
        except (SourceUnavailableError, SenderRefusedError) as error:
            self._ledger.failed(reservation, str(error))
            raise
        else:
            self._ledger.sent(reservation, message_id)
            report.sent.append(to)
            logger.info("%s to %s sent: %s (%s)", self._noun, to, message.title, message_id)

    def _send(self, message: M) -> str:
        for pause in BACK_OFF:
            self._pacer.wait()
            try:
                return self._service.send(message)
            except ThrottledError as error:
                self._wait(error, pause)
        self._pacer.wait()
        try:
            return self._service.send(message)
        except ThrottledError as error:
            raise SourceUnavailableError(str(error)) from error

    def _wait(self, error: ThrottledError, pause: float) -> None:
        seconds = pause if error.wait is None else error.wait
        if seconds > LONGEST_WAIT:
            raise SourceUnavailableError(f"{error}; it asks to wait {seconds:.0f} s") from error
        logger.info("%s: trying again in %g s", error, seconds)
        self._pacer.slow_down()
        self._pacer.sleep(seconds)


def settle_interrupted(ledger: NotificationLedger, kind: Kind) -> list[Entry]:
    """Report what a killed job of this kind left in doubt, once, and leave it alone from now on."""
    entries = ledger.settle_interrupted(kind)
    for entry in entries:
        logger.warning(
            "a job was killed while it told %s of %s, at %s: nobody knows whether it was"
            " sent, and it is not sent again",
            entry.recipient, entry.item, entry.reserved_at,
        )  # fmt: skip
    return entries


def preview(ledger: NotificationLedger, letters: Iterable[Letter[M]]) -> list[M]:
    """The messages that a delivery would send now."""
    messages = []
    for letter in letters:
        items = ledger.open_items(letter.recipient, letter.items)
        if items:
            messages.append(letter.compose(items))
    return messages
