"""Users with all that they registered: listed, removed, and restored from a backup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.engine import writing
from emmaa_jobs.db.news_rows import stored_query
from emmaa_jobs.db.odd_rows import Unreadable, readable_rows, warn_unreadable
from emmaa_jobs.db.primary_tables import QueryRow, UserModelRow, UserQueryRow, UserRow
from emmaa_jobs.db.records import StoredQuery


@dataclass(frozen=True)
class RegisteredModel:
    """A model that a user subscribes to, or did.

    :param since: when the subscription was made; None if unknown
    """

    model: str
    subscribed: bool
    since: datetime | None = None


@dataclass(frozen=True)
class RegisteredQuery:
    """A query that a user asked.

    :param subscribed: whether its new answers are mailed
    :param count: how often it was asked
    :param since: when the subscription began, else when it was asked last; None if unknown
    """

    query: StoredQuery
    subscribed: bool
    count: int
    since: datetime | None


@dataclass(frozen=True)
class Registration:
    """All that one user registered.

    :param user_id: None for the visitors, who have no address either
    """

    user_id: int | None
    email: str
    models: Sequence[RegisteredModel] = field(default=())
    queries: Sequence[RegisteredQuery] = field(default=())


def other_spelling(email: str, known: Iterable[str]) -> str | None:
    """Return a known address that differs in upper and lower case alone; None without one."""
    alike = (each for each in known if each != email and each.casefold() == email.casefold())
    return next(alike, None)


class Registrations:
    """The registrations in the ``primary`` database.

    :param engine: from :func:`emmaa_jobs.db.engine.database_engine`, or a connection of
        :func:`~emmaa_jobs.db.engine.rehearsing`
    """

    def __init__(self, engine: Engine | Connection) -> None:
        self._engine = engine

    def all(self, unreadable: Unreadable = warn_unreadable) -> list[Registration]:
        """Return what everybody registered, by address; the visitors' queries come last.

        :param unreadable: is called for each row that cannot be read; it is left out
        """
        with Session(self._engine) as session:
            users = readable_rows(session, select(UserRow), UserRow.id, unreadable)
            people = {row.id: str(row.email or "") for (row,) in users}
            models = _models(session, unreadable)
            queries = _queries(session, unreadable)
        known: list[int | None] = sorted(people, key=lambda number: people[number])
        visitors: list[int | None] = [None] if None in queries else []
        return [
            Registration(
                number,
                people[number] if number is not None else "",
                list(models.get(number, {}).values()),
                list(queries.get(number, {}).values()),
            )
            for number in known + visitors
        ]

    def user_id(self, email: str) -> int:
        """Return a user's id.

        :raises InputError: if nobody has this address.
        """
        users = self.users()
        if email not in users:
            similar = other_spelling(email, users)
            hint = f"; there is {similar!r:.340}" if similar else "; `list` shows all users"
            raise InputError(f"no user has the address {email!r:.340}{hint}")
        return users[email]

    def users(self) -> dict[str, int]:
        """Return the ids of all users by address; those without one are left out."""
        with Session(self._engine) as session:
            rows = session.execute(select(UserRow.email, UserRow.id).order_by(UserRow.id.desc()))
            return {email: number for email, number in rows if email}

    def remove_user(self, email: str) -> None:
        """Remove a user and all that they registered; queries and answers stay, for others.

        :raises InputError: if nobody has this address.
        """
        number = self.user_id(email)
        with writing(self._engine) as session:
            session.execute(delete(UserQueryRow).where(UserQueryRow.user_id == number))
            session.execute(delete(UserModelRow).where(UserModelRow.user_id == number))
            session.execute(delete(UserRow).where(UserRow.id == number))

    def restore_model(self, user_id: int, registered: RegisteredModel) -> None:
        """Make a user's subscription to a model what a backup says."""
        with writing(self._engine) as session:
            row = session.scalars(
                select(UserModelRow).filter_by(user_id=user_id, model_id=registered.model)
            ).first()
            if row is None:
                row = UserModelRow(user_id=user_id, model_id=registered.model)
                session.add(row)
            row.subscription = registered.subscribed
            row.date = registered.since

    def restore_query(self, user_id: int | None, registered: RegisteredQuery) -> None:
        """Make a user's query what a backup says.

        :raises InputError: if another query has the same hash, or this one has another hash.
        """
        stored = registered.query
        try:
            with writing(self._engine) as session:
                _restore_stored(session, stored)
                row = session.scalars(
                    select(UserQueryRow)
                    .where(UserQueryRow.user_id.is_not_distinct_from(user_id))
                    .where(UserQueryRow.query_hash == stored.hash)
                ).first()
                if row is None:
                    row = UserQueryRow(user_id=user_id, query_hash=stored.hash)
                    session.add(row)
                row.subscription = registered.subscribed
                row.count = registered.count
                row.date = registered.since
        except IntegrityError as error:
            raise InputError(
                f"query {stored.hash} of model {stored.model!r} is stored under another hash"
            ) from error


def _restore_stored(session: Session, stored: StoredQuery) -> None:
    known = session.get(QueryRow, stored.hash)
    if known is None:
        session.add(
            QueryRow(hash=stored.hash, model_id=stored.model, json=stored.json, qtype=stored.qtype)
        )
        session.flush()
    elif known.model_id != stored.model:
        raise InputError(
            f"query hash {stored.hash} of model {stored.model!r} is taken by a query of model"
            f" {known.model_id!r}"
        )


def _models(
    session: Session, unreadable: Unreadable
) -> dict[int | None, dict[str, RegisteredModel]]:
    rows = select(UserModelRow).order_by(UserModelRow.model_id, UserModelRow.id)
    of_users: dict[int | None, dict[str, RegisteredModel]] = {}
    for (row,) in readable_rows(session, rows, UserModelRow.id, unreadable):
        found = RegisteredModel(row.model_id, row.subscription, row.date)
        of_user = of_users.setdefault(row.user_id, {})
        earlier = of_user.get(row.model_id)  # the original's tables may have two rows
        if earlier is None or found.subscribed > earlier.subscribed:
            of_user[row.model_id] = found
    return of_users


def _queries(
    session: Session, unreadable: Unreadable
) -> dict[int | None, dict[int, RegisteredQuery]]:
    rows = (
        select(UserQueryRow, QueryRow)
        .join(QueryRow, QueryRow.hash == UserQueryRow.query_hash)
        .order_by(QueryRow.model_id, QueryRow.hash, UserQueryRow.id)
    )
    of_users: dict[int | None, dict[int, RegisteredQuery]] = {}
    for row, query in readable_rows(session, rows, UserQueryRow.id, unreadable):
        found = RegisteredQuery(stored_query(query), row.subscription, row.count, row.date)
        of_user = of_users.setdefault(row.user_id, {})
        earlier = of_user.get(query.hash)
        of_user[query.hash] = _merged(earlier, found) if earlier else found
    return of_users


def _merged(one: RegisteredQuery, other: RegisteredQuery) -> RegisteredQuery:
    chosen = other if other.subscribed > one.subscribed else one
    return replace(chosen, count=one.count + other.count)
