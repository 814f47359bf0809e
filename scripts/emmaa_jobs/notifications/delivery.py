"""Delivering messages once: the ledger is written around each send.

A message was certainly not sent (the next job tries again), certainly sent, or perhaps sent (it is
reported and left alone). A recipient that is refused for good is named by one round.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.delivery_faults import KnownFault
from emmaa_jobs.db.notification_ledger import Entry, Kind, NotificationLedger
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.delivery_report import DeliveryReport, Fault, shown
from emmaa_jobs.notifications.send_rate import Pacer
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    Message,
    RecipientRefusedError,
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
#: Later rounds ask again for a recipient that was refused for good after this time: an SES account
#: may have left its sandbox.
ASKED_AGAIN = timedelta(days=7)


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


class Courier(Generic[M]):
    """Delivers letters of one kind.

    :param kind: which stream of the ledger this job works on
    :param noun: what is delivered, such as "mail"
    :param round_id: the round; all its jobs report the same refused recipients
    :param run_id: the Airflow run; all its attempts report the same messages without an answer.
        Empty for a job that a person started
    """

    def __init__(
        self,
        kind: Kind,
        ledger: NotificationLedger,
        service: Service[M],
        pacer: Pacer,
        noun: str = "mail",
        round_id: str = "",
        run_id: str = "",
    ) -> None:
        self._kind = kind
        self._ledger = ledger
        self._service = service
        self._pacer = pacer
        self._noun = noun
        self._round_id = round_id or uuid.uuid4().hex
        self._run_id = run_id

    def deliver(self, letters: Iterable[Letter[M]]) -> DeliveryReport:
        """Send what was not sent yet.

        What is left where it ends early goes out with the next job.

        :raises SourceUnavailableError: if the service cannot be used.
        :raises SenderRefusedError: if the service takes nothing from this sender.
        """
        report = DeliveryReport(
            self._noun,
            doubtful=self._doubts_of_earlier_attempts(),
            interrupted=settle_interrupted(self._ledger, self._kind),
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

    def _doubts_of_earlier_attempts(self) -> list[Fault]:
        doubts = self._ledger.faults.doubts(self._run_id) if self._run_id else []
        return [Fault(doubt.recipient, doubt.reason) for doubt in doubts]

    def _deliver(self, letter: Letter[M], report: DeliveryReport) -> None:
        to = letter.recipient
        items = self._ledger.open_items(to, letter.items)
        if not items:
            report.settled.append(to)
            return
        refusal = self._ledger.faults.refusal(to)
        if refusal and not self._is_due(refusal):
            self._report_refusal(refusal, to, report)
            return
        message = self._composed(letter, items, report)
        if message is None:
            return
        reservation = self._ledger.reserve(self._kind, to, items)
        if reservation is None:
            report.settled.append(to)
        elif self._send_reserved(to, message, reservation, report) and refusal:
            self._ledger.faults.accept(to)

    def _is_due(self, refusal: KnownFault) -> bool:
        # Another job of the same round is a retry, perhaps by a person who fixed something.
        age = datetime.now(UTC) - refusal.asked_at
        return refusal.round_id == self._round_id or age >= ASKED_AGAIN

    def _report_refusal(self, refusal: KnownFault, to: str, report: DeliveryReport) -> None:
        if refusal.round_id == self._round_id:
            report.refused.append(Fault(to, refusal.reason))
            logger.error("%s to %s refused for good: %s", self._noun, shown(to), refusal.reason)
        else:
            report.refused_before.append(to)
            logger.warning("no %s to %s, refused before: %s", self._noun, shown(to), refusal.reason)

    def _composed(
        self, letter: Letter[M], items: Sequence[str], report: DeliveryReport
    ) -> M | None:
        try:
            return letter.compose(items)
        except RecipientRefusedError as error:
            self._refused_for_good(letter.recipient, error, report)
        except (InputError, SourceUnavailableError, MemoryError):
            raise  # it concerns every other message as well
        except Exception as error:
            logger.exception("the %s to %s cannot be written", self._noun, shown(letter.recipient))
            reason = f"it cannot be written: {type(error).__name__}: {error}"
            report.refused.append(Fault(letter.recipient, reason))
        return None

    def _send_reserved(self, to: str, message: M, reservation: str, report: DeliveryReport) -> bool:
        try:
            message_id = self._send(message)
        except RefusedError as error:
            self._ledger.failed(reservation, str(error))
            if isinstance(error, RecipientRefusedError):
                self._refused_for_good(to, error, report)
            else:
                report.refused.append(Fault(to, str(error)))
                logger.error("%s to %s refused: %s", self._noun, shown(to), error)
        except DoubtfulError as error:
            self._in_doubt(to, reservation, str(error), report)
            logger.error("%s to %s without an answer: %s", self._noun, shown(to), error)
        except (SourceUnavailableError, SenderRefusedError) as error:
            self._ledger.failed(reservation, str(error))
            raise
        except MemoryError:
            raise
        except Exception as error:
            logger.exception("a fault while the %s to %s was sent", self._noun, shown(to))
            self._in_doubt(to, reservation, f"{type(error).__name__}: {error}", report)
        else:
            self._ledger.sent(reservation, message_id)
            report.sent.append(to)
            logger.info("%s to %s sent: %s (%s)", self._noun, to, message.title, message_id)
            return True
        return False

    def _in_doubt(self, to: str, reservation: str, reason: str, report: DeliveryReport) -> None:
        self._ledger.unknown(reservation, reason)
        if self._run_id:
            self._ledger.faults.doubt(to, self._run_id, reservation, reason)
        report.doubtful.append(Fault(to, reason))

    def _refused_for_good(
        self, to: str, error: RecipientRefusedError, report: DeliveryReport
    ) -> None:
        refusal = self._ledger.faults.refuse(to, self._round_id, str(error))
        self._report_refusal(refusal, to, report)

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
            "a job was killed while it notified %s of %s, at %s: it may or may not have been"
            " sent, and it is not sent again",
            shown(entry.recipient), entry.item, entry.reserved_at,
        )  # fmt: skip
    return entries


def preview(ledger: NotificationLedger, letters: Iterable[Letter[M]]) -> list[M]:
    """Return the messages that a delivery would send now; what cannot be written is logged."""
    messages = []
    for letter in letters:
        items = ledger.open_items(letter.recipient, letter.items)
        if items:
            try:
                messages.append(letter.compose(items))
            except RecipientRefusedError as error:
                logger.error("no message to %s: %s", shown(letter.recipient), error)
            except (InputError, SourceUnavailableError, MemoryError):
                raise  # it concerns every other message as well
            except Exception:
                logger.exception("the message to %s cannot be written", shown(letter.recipient))
    return messages
