"""Faults of deliveries, kept for later jobs, so that each is reported to operators once.

They are rows of the table ``notification`` with separate kinds:

- ``refused``: a recipient that a service refused for good, with the round that named it. It lasts
  until a message to the recipient is accepted.
- ``doubt``: a message of an Airflow run that got no answer. Every attempt of that run reports it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emmaa_cycle.printable import printable_line
from emmaa_jobs.db.engine import writing
from emmaa_jobs.db.odd_rows import readable_rows, warn_unreadable
from emmaa_jobs.db.primary_tables import NotificationRow

REFUSED, DOUBT = "refused", "doubt"
#: The kinds of rows that are no notification.
FAULT_KINDS = (REFUSED, DOUBT)
_RECIPIENT_LENGTH = 320
_REASON_LENGTH = 1000


@dataclass(frozen=True)
class KnownFault:
    """A fault that an earlier attempt or round recorded.

    :param round_id: the round that named it, or for a doubt the run
    :param asked_at: when the service was last asked
    """

    recipient: str
    reason: str
    round_id: str
    asked_at: datetime


class DeliveryFaults:
    """Refused recipients and doubtful messages in the ``primary`` database.

    :param engine: from :func:`emmaa_jobs.db.engine.database_engine`
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refusal(self, recipient: str) -> KnownFault | None:
        """Return the refusal of a recipient; None if it is not refused, or cannot be read."""
        rows = select(NotificationRow).filter_by(key=_key(REFUSED, recipient))
        with Session(self._engine) as session:
            found = readable_rows(session, rows, NotificationRow.id, warn_unreadable)
            return _fault(found[0][0]) if found else None

    def refuse(self, recipient: str, round_id: str, reason: str) -> KnownFault:
        """Record that a recipient is refused for good.

        :returns: the refusal; of one that was known the round that named it first
        """
        key, now = _key(REFUSED, recipient), datetime.now(UTC)
        try:
            with writing(self._engine) as session:
                rows = select(NotificationRow).filter_by(key=key)
                found = readable_rows(session, rows, NotificationRow.id, warn_unreadable)
                if found:
                    row = found[0][0]
                else:
                    session.execute(delete(NotificationRow).filter_by(key=key))  # unreadable
                    row = _row(REFUSED, key, recipient, round_id, now)
                    session.add(row)
                row.error, row.finished_at = printable_line(reason, _REASON_LENGTH), now
                row.attempts += 1
                session.flush()
                return _fault(row)
        except IntegrityError:  # another job was refused at the same moment, and names it
            return self.refusal(recipient) or KnownFault(recipient, reason, "", now)

    def accept(self, recipient: str) -> None:
        """Forget that a recipient was refused."""
        with writing(self._engine) as session:
            session.execute(
                delete(NotificationRow).where(NotificationRow.key == _key(REFUSED, recipient))
            )

    def doubt(self, recipient: str, run_id: str, mail: str, reason: str) -> None:
        """Record that a message of an Airflow run got no answer.

        :param mail: the message's id in the ledger
        """
        now = datetime.now(UTC)
        row = _row(DOUBT, _key(DOUBT, mail), recipient, run_id, now)
        row.error, row.finished_at = printable_line(reason, _REASON_LENGTH), now
        with writing(self._engine) as session:
            session.add(row)

    def doubts(self, run_id: str) -> list[KnownFault]:
        """Return the messages of an Airflow run that got no answer, oldest first."""
        rows = select(NotificationRow).filter_by(kind=DOUBT, item=run_id)
        with Session(self._engine) as session:
            ordered = rows.order_by(NotificationRow.id)
            found = readable_rows(session, ordered, NotificationRow.id, warn_unreadable)
            return [_fault(row) for (row,) in found]


def _key(kind: str, subject: str) -> str:
    return hashlib.sha256(f"{kind}\n{subject}".encode("utf-8", "surrogatepass")).hexdigest()


def _row(kind: str, key: str, recipient: str, round_id: str, now: datetime) -> NotificationRow:
    return NotificationRow(
        key=key,
        kind=kind,
        scope="",
        recipient=printable_line(recipient, _RECIPIENT_LENGTH),
        item=round_id,
        mail="",
        status=kind,
        attempts=0,
        reserved_at=now,
    )


def _fault(row: NotificationRow) -> KnownFault:
    return KnownFault(row.recipient, row.error or "", row.item, row.finished_at or row.reserved_at)
