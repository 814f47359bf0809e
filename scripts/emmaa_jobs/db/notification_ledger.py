"""The notification ledger: each recipient gets each piece of news once.

::

              reserve                 the service says yes
    (nothing) ───────► reserved ─────────────────────────► sent
                        │  ▲  │ the service says no
                        │  └──┴──────────────────────────► failed   (tried again by the next job)
                        │ no answer, or the job was killed
                        └────────────────────────────────► unknown  (reported, never sent again)

A row stands for one item (such as one query's new answer) and one recipient. It is committed
before the send, so whatever happens to the job, the next one knows where it was.

A row of status ``silent`` stands for everybody: the run that made the item asked for silence.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emmaa_jobs.db.delivery_faults import FAULT_KINDS, DeliveryFaults
from emmaa_jobs.db.engine import writing
from emmaa_jobs.db.odd_rows import readable_rows, warn_unreadable
from emmaa_jobs.db.primary_tables import NotificationRow


class Status(StrEnum):
    """The state of a notification."""

    RESERVED = "reserved"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SILENT = "silent"


#: The recipient of items that nobody is to be notified of.
EVERYBODY = "*"


@dataclass(frozen=True)
class Kind:
    """A stream of notifications that one job at a time works on.

    :param name: such as ``model`` or ``query``
    :param scope: the model's name for model notifications, else empty
    """

    name: str
    scope: str = ""


#: Mails about new answers to queries.
QUERY_NEWS = Kind("query")


@dataclass(frozen=True)
class Entry:
    """A row of the ledger.

    :param mail: the id of the mail it was part of
    :param message_id: the service's own id
    :param error: why it failed or is not known
    """

    kind: Kind
    recipient: str
    item: str
    mail: str
    status: Status
    attempts: int
    message_id: str | None
    error: str | None
    reserved_at: datetime
    finished_at: datetime | None


class NotificationLedger:
    """The table ``notification`` of the ``primary`` database.

    :param engine: from :func:`emmaa_jobs.db.engine.database_engine`
    :ivar faults: recipients that are refused for good, and messages without an answer
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.faults = DeliveryFaults(engine)

    def open_items(self, recipient: str, items: Sequence[str]) -> list[str]:
        """Return the items that the recipient was not notified of and may be, in their order."""
        keys = {entry_key(who, item): item for who in (recipient, EVERYBODY) for item in items}
        with Session(self._engine) as session:
            settled = session.scalars(
                select(NotificationRow.key)
                .where(NotificationRow.key.in_(keys))
                .where(NotificationRow.status != Status.FAILED)
            ).all()
        closed = {keys[key] for key in settled}
        return [item for item in items if item not in closed]

    def silence(self, kind: Kind, items: Collection[str]) -> None:
        """Keep these items from all recipients who were not notified of them yet."""
        with writing(self._engine) as session:
            _forget_silence(session, items)
            session.add_all(_silent(kind, item) for item in items)

    def lift_silence(self, items: Collection[str]) -> None:
        """Release silenced items: a run that may notify has made them again."""
        with writing(self._engine) as session:
            _forget_silence(session, items)

    def reserve(self, kind: Kind, recipient: str, items: Sequence[str]) -> str | None:
        """Reserve items for one mail, all or none.

        :returns: the mail's id; None if another job was quicker with one of them
        """
        mail = uuid.uuid4().hex
        try:
            with writing(self._engine) as session:
                for item in items:
                    _reserve(session, kind, recipient, item, mail)
        except (_TakenError, IntegrityError):
            return None
        return mail

    def sent(self, mail: str, message_id: str) -> None:
        """Record that the service accepted a mail."""
        self._finish(mail, Status.SENT, message_id=message_id)

    def failed(self, mail: str, error: str) -> None:
        """Record that a mail was certainly not sent; the next job tries again."""
        self._finish(mail, Status.FAILED, error=error)

    def unknown(self, mail: str, error: str) -> None:
        """Record that nobody knows whether a mail was sent; no job sends it again."""
        self._finish(mail, Status.UNKNOWN, error=error)

    def settle_interrupted(self, kind: Kind) -> list[Entry]:
        """Mark what a killed job left reserved as unknown, and return it, one entry an item.

        One that cannot be read is marked and named in the log.
        """
        reserved = {"kind": kind.name, "scope": kind.scope, "status": Status.RESERVED}
        with writing(self._engine) as session:
            ids = session.scalars(select(NotificationRow.id).filter_by(**reserved)).all()
            of_them = NotificationRow.id.in_(ids)  # and of none that is reserved meanwhile
            rows = select(NotificationRow).where(of_them).order_by(NotificationRow.id)
            left = readable_rows(session, rows, NotificationRow.id, warn_unreadable)
            session.execute(
                update(NotificationRow)
                .where(of_them)
                .values(
                    status=Status.UNKNOWN,
                    error="the job ended between sending and recording",
                    finished_at=datetime.now(UTC),
                )
            )
            return [_entry(row) for (row,) in left]

    def entries(self, recipient: str | None = None) -> list[Entry]:
        """Return the notifications, oldest reservation first."""
        notifications = NotificationRow.kind.not_in(FAULT_KINDS)
        rows = select(NotificationRow).where(notifications).order_by(NotificationRow.id)
        if recipient is not None:
            rows = rows.where(NotificationRow.recipient == recipient)
        with Session(self._engine) as session:
            found = readable_rows(session, rows, NotificationRow.id, warn_unreadable)
            return [_entry(row) for (row,) in found]

    def _finish(
        self, mail: str, status: Status, message_id: str | None = None, error: str | None = None
    ) -> None:
        with writing(self._engine) as session:
            session.execute(
                update(NotificationRow)
                .where(NotificationRow.mail == mail)
                .values(
                    status=status,
                    message_id=message_id,
                    error=error,
                    finished_at=datetime.now(UTC),
                )
            )


def entry_key(recipient: str, item: str) -> str:
    """Return the key of a notification: a digest of recipient and item."""
    return hashlib.sha256(f"{recipient}\n{item}".encode()).hexdigest()


def _forget_silence(session: Session, items: Collection[str]) -> None:
    keys = [entry_key(EVERYBODY, item) for item in items]
    session.execute(delete(NotificationRow).where(NotificationRow.key.in_(keys)))


def _silent(kind: Kind, item: str) -> NotificationRow:
    now = datetime.now(UTC)
    return NotificationRow(
        key=entry_key(EVERYBODY, item),
        kind=kind.name,
        scope=kind.scope,
        recipient=EVERYBODY,
        item=item,
        mail="",
        status=Status.SILENT,
        attempts=0,
        reserved_at=now,
        finished_at=now,
    )


class _TakenError(Exception):
    """Another job has the item."""


def _reserve(session: Session, kind: Kind, recipient: str, item: str, mail: str) -> None:
    key = entry_key(recipient, item)
    row = session.scalars(select(NotificationRow).filter_by(key=key).with_for_update()).first()
    if row is None:
        row = NotificationRow(key=key, recipient=recipient, item=item, attempts=0)
    elif row.status != Status.FAILED:
        raise _TakenError
    row.kind, row.scope, row.mail = kind.name, kind.scope, mail
    row.status, row.attempts = Status.RESERVED, row.attempts + 1
    row.error, row.finished_at, row.reserved_at = None, None, datetime.now(UTC)
    session.add(row)
    session.flush()


def _entry(row: NotificationRow) -> Entry:
    return Entry(
        kind=Kind(row.kind, row.scope),
        recipient=row.recipient,
        item=row.item,
        mail=row.mail,
        status=Status(row.status),
        attempts=row.attempts,
        message_id=row.message_id,
        error=row.error,
        reserved_at=row.reserved_at,
        finished_at=row.finished_at,
    )
