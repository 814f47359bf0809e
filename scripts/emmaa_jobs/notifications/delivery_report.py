"""The result of a delivery, and the failure that it means for the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from emmaa_cycle.printable import printable_line
from emmaa_jobs.db.notification_ledger import Entry
from emmaa_jobs.errors import DeliveryError

#: Recipients that one message names; the count covers all.
MAX_NAMED = 20
_RECIPIENT_LENGTH = 120
_REASON_LENGTH = 500


@dataclass(frozen=True)
class Fault:
    """A message that was not accepted."""

    recipient: str
    reason: str

    def __str__(self) -> str:
        return f"{shown(self.recipient)}: {printable_line(self.reason, _REASON_LENGTH)}"


@dataclass
class DeliveryReport:
    """The result of a delivery.

    :param noun: what was delivered, such as "mail"
    :param sent: the recipient of each message that was accepted
    :param settled: the recipient of each letter without open items
    :param refused: what was refused in this round
    :param refused_before: recipients that an earlier round named as refused for good
    :param doubtful: what got no answer in this round
    :param interrupted: what an earlier job left without an answer
    """

    noun: str = "mail"
    sent: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    refused: list[Fault] = field(default_factory=list)
    refused_before: list[str] = field(default_factory=list)
    doubtful: list[Fault] = field(default_factory=list)
    interrupted: list[Entry] = field(default_factory=list)

    def summary(self) -> str:
        """Return the counts in one line; zeros are left out, except the count of what was sent."""
        lost = len({entry.mail for entry in self.interrupted})
        counts = {
            "already notified": len(self.settled),
            "refused": len(self.refused),
            "without an answer": len(self.doubtful),
            "left in doubt by an earlier job": lost,
        }
        parts = [f"{name}: {number}" for name, number in counts.items() if number]
        if self.refused_before:
            named = _joined([shown(recipient) for recipient in self.refused_before], ", ")
            parts.append(f"refused as before: {len(self.refused_before)} ({named})")
        return ", ".join([f"{self.noun}s sent: {len(self.sent)}", *parts])

    def check(self) -> None:
        """Make a message that was not accepted the job's failure, after all others went out.

        :raises DeliveryError: with the count, the recipients and the reasons.
        """
        faults = [*self.refused, *self.doubtful]
        if faults:
            reasons = _joined([str(fault) for fault in faults], "; ")
            raise DeliveryError(f"{len(faults)} not accepted ({reasons}); {self.summary()}")


def shown(recipient: str) -> str:
    """Return a recipient as a log can hold it: an address may be any text."""
    return printable_line(recipient, _RECIPIENT_LENGTH)


def _joined(texts: Sequence[str], separator: str) -> str:
    more = [f"{len(texts) - MAX_NAMED} more"] if len(texts) > MAX_NAMED else []
    return separator.join([*texts[:MAX_NAMED], *more])
