"""Delivering mails once: the ledger is written around each send.

What may happen to a mail is told apart by whether it was certainly not sent (the next job tries
again), certainly sent, or perhaps sent (reported and left alone).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from emmaa_jobs.db.notification_ledger import Entry, Kind, NotificationLedger
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.pacing import Pacer
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    MailService,
    RefusedError,
    ThrottledError,
)

logger = logging.getLogger(__name__)

#: Seconds to wait before a throttled mail is tried again.
BACK_OFF = (1, 2, 4)
#: So many mails in a row without an answer mean that the service is ill: the rest can wait.
DOUBTS_IN_A_ROW = 2


@dataclass(frozen=True)
class Letter:
    """News for one person, not yet written.

    :param items: the pieces of news, as the ledger knows them
    :param compose: writes the mail about some of the items, given in their order
    """

    recipient: str
    items: Sequence[str]
    compose: Callable[[Sequence[str]], Mail]


@dataclass
class DeliveryReport:
    """How a delivery went.

    :param sent: recipients whose mail was accepted
    :param settled: recipients who had been told everything
    :param refused: recipient → reason
    :param doubtful: recipient → reason
    :param interrupted: what an earlier job left without an answer
    """

    sent: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    interrupted: list[Entry] = field(default_factory=list)

    def summary(self) -> str:
        """The counts in one line; those that are 0 are left out, but for the mails sent."""
        lost = len({entry.mail for entry in self.interrupted})
        counts = {
            "already told": len(self.settled),
            "refused": len(self.refused),
            "without an answer": len(self.doubtful),
            "left in doubt by an earlier job": lost,
        }
        told = [f"{what}: {number}" for what, number in counts.items() if number]
        return ", ".join([f"mails sent: {len(self.sent)}", *told])

    def check(self) -> None:
        """Make a mail that was not accepted the job's failure, after all others went out.

        :raises DeliveryError: with the count, the recipients and the reasons.
        """
        faults = {**self.refused, **self.doubtful}
        if faults:
            reasons = "; ".join(f"{recipient}: {why}" for recipient, why in faults.items())
            raise DeliveryError(f"{len(faults)} not accepted ({reasons}); {self.summary()}")


class MailCourier:
    """Delivers letters of one kind.

    :param kind: which stream of the ledger this job works on
    """

    def __init__(
        self, kind: Kind, ledger: NotificationLedger, service: MailService, pacer: Pacer
    ) -> None:
        self._kind = kind
        self._ledger = ledger
        self._service = service
        self._pacer = pacer

    def deliver(self, letters: Iterable[Letter]) -> DeliveryReport:
        """Send what was not sent yet.

        :raises SourceUnavailableError: if the service cannot be used; what is left goes out with
            the next job.
        """
        report = DeliveryReport(interrupted=self._interrupted())
        in_doubt = 0
        for letter in letters:
            try:
                self._deliver(letter, report)
            except SourceUnavailableError as error:
                raise SourceUnavailableError(f"{error} ({report.summary()})") from error
            in_doubt = in_doubt + 1 if letter.recipient in report.doubtful else 0
            if in_doubt == DOUBTS_IN_A_ROW:
                reason = report.doubtful[letter.recipient]
                raise SourceUnavailableError(f"{reason} ({report.summary()})")
        return report

    def _interrupted(self) -> list[Entry]:
        entries = self._ledger.settle_interrupted(self._kind)
        for entry in entries:
            logger.warning(
                "a job was killed while it told %s of %s, at %s: nobody knows whether it was"
                " sent, and it is not sent again",
                entry.recipient, entry.item, entry.reserved_at,
            )  # fmt: skip
        return entries

    def _deliver(self, letter: Letter, report: DeliveryReport) -> None:
        items = self._ledger.open_items(letter.recipient, letter.items)
        mail = letter.compose(items) if items else None
        reservation = self._ledger.reserve(self._kind, letter.recipient, items) if items else None
        if mail is None or reservation is None:
            report.settled.append(letter.recipient)
            return
        try:
            message_id = self._send(mail)
        except RefusedError as error:
            self._ledger.failed(reservation, str(error))
            report.refused[letter.recipient] = str(error)
            logger.error("mail to %s refused: %s", letter.recipient, error)
        except DoubtfulError as error:
            self._ledger.unknown(reservation, str(error))
            report.doubtful[letter.recipient] = str(error)
            logger.error("mail to %s without an answer: %s", letter.recipient, error)
        except SourceUnavailableError as error:
            self._ledger.failed(reservation, str(error))
            raise
        else:
            self._ledger.sent(reservation, message_id)
            report.sent.append(letter.recipient)
            logger.info("mail to %s sent: %s (%s)", letter.recipient, mail.subject, message_id)

    def _send(self, mail: Mail) -> str:
        for pause in BACK_OFF:
            self._pacer.wait()
            try:
                return self._service.send(mail)
            except ThrottledError as error:
                logger.info("%s: trying again in %s s", error, pause)
                self._pacer.sleep(pause)
        self._pacer.wait()
        try:
            return self._service.send(mail)
        except ThrottledError as error:
            raise SourceUnavailableError(str(error)) from error


def preview(ledger: NotificationLedger, letters: Iterable[Letter]) -> list[Mail]:
    """The mails that a delivery would send now."""
    mails = []
    for letter in letters:
        items = ledger.open_items(letter.recipient, letter.items)
        if items:
            mails.append(letter.compose(items))
    return mails
