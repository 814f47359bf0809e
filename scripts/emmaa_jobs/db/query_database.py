"""Users, queries, subscriptions and results.

See docs/reference/databases.md#the-primary-database and docs/reference/query-answers.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, func, select, update
from sqlalchemy.orm import Session

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_jobs.db.engine import writing
from emmaa_jobs.db.known_hashes import keep_newest_lists, known_hashes, listed
from emmaa_jobs.db.news_rows import NEVER, read_news, stored_query
from emmaa_jobs.db.odd_rows import Unreadable, readable_rows, warn_unreadable
from emmaa_jobs.db.primary_tables import QueryRow, ResultRow, UserModelRow, UserQueryRow, UserRow
from emmaa_jobs.db.records import NewResult, QueryNews, StoredQuery, StoredResult, User
from emmaa_jobs.db.result_selection import newest_ids, not_newer_than, older_than, same_round

#: The largest number of PostgreSQL's type ``integer``.
_MAX_ID = 2**31 - 1

__all__ = ["NewResult", "QueryDatabase", "QueryNews", "StoredQuery", "StoredResult", "User"]


class QueryDatabase:
    """The ``primary`` database.

    :param engine: from :func:`emmaa_jobs.db.engine.database_engine`, or a connection of
        :func:`~emmaa_jobs.db.engine.rehearsing`
    """

    def __init__(self, engine: Engine | Connection) -> None:
        self._engine = engine

    def add_user(self, email: str, user_id: int | None = None) -> int:
        """Add a user, or find the one of this address.

        :param user_id: the id that the authentication gave; the next free one if None
        :raises InputError: if the id is another user's.
        """
        with writing(self._engine) as session:
            found = session.scalar(select(UserRow.id).where(UserRow.email == email))
            if found is not None:
                return found
            if user_id is None:
                user_id = _free_id(session)
            elif session.get(UserRow, user_id) is not None:
                raise InputError(f"user id {user_id} is another user's: look it up again")
            session.add(UserRow(id=user_id, email=email))
            return user_id

    def register_query(
        self,
        query_hash: int,
        model: str,
        json: dict[str, Any],
        qtype: str,
        user_id: int | None,
        subscribe: bool,
        moment: datetime | None = None,
    ) -> None:
        """Record that a user asked a query; asking again counts, and may subscribe.

        :param user_id: None for an anonymous user
        :param subscribe: whether the user subscribes to new answers; False leaves an
            earlier subscription as it is
        :param moment: when they asked, with a time zone; now if None
        :raises InputError: if the hash belongs to another model's query.
        """
        check_name("model", model)
        with writing(self._engine) as session:
            _add_query(session, QueryRow(hash=query_hash, model_id=model, json=json, qtype=qtype))
            asked = session.scalars(
                select(UserQueryRow)
                .where(UserQueryRow.user_id.is_not_distinct_from(user_id))
                .where(UserQueryRow.query_hash == query_hash)
            ).first()
            if asked is None:
                asked = UserQueryRow(
                    user_id=user_id, query_hash=query_hash, subscription=False, count=0
                )
                session.add(asked)
            asked.count += 1
            if not asked.subscription:  # else the date is the subscription's beginning
                asked.date = moment or datetime.now(UTC)
            asked.subscription = asked.subscription or subscribe

    def subscribe_to_model(self, user_id: int, model: str) -> None:
        """Subscribe a user to a model's news."""
        check_name("model", model)
        with writing(self._engine) as session:
            row = session.scalars(
                select(UserModelRow).filter_by(user_id=user_id, model_id=model)
            ).first()
            if row is None:
                session.add(UserModelRow(user_id=user_id, model_id=model, subscription=True))
            else:
                row.subscription = True

    def unsubscribe(
        self, user_id: int, query_hashes: Collection[int] = (), models: Collection[str] = ()
    ) -> None:
        """End subscriptions, as the web service does for the link in a mail."""
        with writing(self._engine) as session:
            session.execute(
                update(UserQueryRow)
                .where(UserQueryRow.user_id == user_id, UserQueryRow.query_hash.in_(query_hashes))
                .values(subscription=False)
            )
            session.execute(
                update(UserModelRow)
                .where(UserModelRow.user_id == user_id, UserModelRow.model_id.in_(models))
                .values(subscription=False)
            )

    def model_subscribers(self, model: str) -> list[User]:
        """Return the subscribers of a model, by address; one that cannot be read has none."""
        subscribed = select(UserModelRow.user_id).filter_by(model_id=model, subscription=True)
        return self._users(subscribed)

    def query_subscribers(self) -> list[User]:
        """Return the users with at least one subscribed query, as `model_subscribers` does."""
        return self._users(select(UserQueryRow.user_id).filter_by(subscription=True))

    def subscribed_queries(
        self, model: str, unreadable: Unreadable = warn_unreadable
    ) -> list[StoredQuery]:
        """Return the model's queries with at least one subscriber, each once, by hash.

        :param unreadable: is called for each query that cannot be read; it is left out
        """
        subscribed = select(UserQueryRow.query_hash).filter_by(subscription=True)
        rows = (
            select(QueryRow)
            .where(QueryRow.model_id == model, QueryRow.hash.in_(subscribed))
            .order_by(QueryRow.hash)
        )
        with Session(self._engine) as session:
            found = readable_rows(session, rows, QueryRow.hash, unreadable)
            return [stored_query(row) for (row,) in found]

    def newest_answer(self, until: datetime, up_to: str | None = None) -> datetime | None:
        """Return when the newest answer to any query was given; None if there is none.

        :param until: later answers have a wrong date and do not count
        :param up_to: only answers up to this round (``<dt>``)
        """
        newest = select(func.max(ResultRow.date)).where(ResultRow.date <= until)
        with Session(self._engine) as session:
            return session.scalar(newest if up_to is None else newest.where(not_newer_than(up_to)))

    def subscribed_news(
        self,
        user_id: int,
        up_to: str | None = None,
        since: datetime | None = None,
        unreadable: Unreadable = warn_unreadable,
    ) -> list[QueryNews]:
        """Return a user's answers that hold anything new, the oldest first of each query and type.

        These are all answers since the user subscribed, and of those before, the newest one of
        each query and model type: it may have come after the subscription, for it has the date
        of its round.

        :param up_to: only answers up to this round (``<dt>``)
        :param since: only answers from this moment on
        :param unreadable: is called for each answer that cannot be read; it is left out
        """
        return read_news(self._engine, user_id, up_to, since, unreadable)

    def latest_result(
        self, query_hash: int, mc_type: str, before_round: str | None = None
    ) -> StoredResult | None:
        """Return the newest answer to a query by one model type.

        An answer that cannot be read is returned empty, with the hashes of all other answers as
        its ``all_result_hashes``.

        :param before_round: only answers older than this round (``<dt>``)
        :returns: None if there is none
        """
        condition = and_(ResultRow.query_hash == query_hash, ResultRow.mc_type == mc_type)
        if before_round is not None:
            condition = and_(condition, older_than(before_round))
        with Session(self._engine) as session:
            newest = session.scalars(newest_ids(condition)).first()
            if newest is None:
                return None
            rows = select(ResultRow).where(ResultRow.id == newest)
            found = readable_rows(session, rows, ResultRow.id, warn_unreadable)
            unread = StoredResult(newest, query_hash, mc_type, {}, [], [], NEVER, None)
            result = _result(found[0][0]) if found else unread
            hashes = listed(result.all_result_hashes) or known_hashes(session, condition)
            return replace(result, all_result_hashes=hashes)

    def results(self, query_hash: int) -> list[StoredResult]:
        """All answers to a query, oldest first; the newest of them have ``all_result_hashes``."""
        rows = select(ResultRow).filter_by(query_hash=query_hash)
        with Session(self._engine) as session:
            found = session.scalars(rows.order_by(ResultRow.date.nulls_first(), ResultRow.id))
            return [_result(row) for row in found]

    def add_results(self, results: Iterable[NewResult]) -> None:
        """Store answers, all or none; a round's answer replaces that round's earlier one."""
        # In one order, so that two jobs that store at once wait for each other and no longer.
        in_order = sorted(results, key=lambda result: (result.query_hash, result.mc_type))
        with writing(self._engine) as session:
            for result in in_order:
                row = same_round(session, result)
                if row is None:
                    row = ResultRow(query_hash=result.query_hash, mc_type=result.mc_type)
                    session.add(row)
                row.result_json = result.result_json
                row.all_result_hashes = list(result.all_result_hashes)
                row.delta = list(result.delta)
                row.round_date = result.round_date
                row.date = result.date or _moment(result.round_date)
                session.flush()
                keep_newest_lists(session, result.query_hash, result.mc_type)

    def _users(self, ids: Select[Any]) -> list[User]:
        rows = select(UserRow).where(UserRow.id.in_(ids)).order_by(UserRow.email)
        unread: dict[int, str] = {}
        with Session(self._engine) as session:
            found = readable_rows(session, rows, UserRow.id, unread.__setitem__)
        users = [User(row.id, str(row.email or "")) for (row,) in found]
        return [*users, *(User(user_id, "") for user_id in unread)]


def _free_id(session: Session) -> int:
    """Return the id for a new user; not PostgreSQL's sequence, which given ids do not advance."""
    following: int = (session.scalar(select(func.max(UserRow.id))) or 0) + 1
    if following <= _MAX_ID:
        return following
    taken = set(session.scalars(select(UserRow.id)))
    return next(number for number in itertools.count(1) if number not in taken)


def _add_query(session: Session, row: QueryRow) -> None:
    known = session.get(QueryRow, row.hash)
    if known is None:
        session.add(row)
        session.flush()
    elif known.model_id != row.model_id:
        raise InputError(
            f"query hash {row.hash} of model {row.model_id!r} is taken by a query of model"
            f" {known.model_id!r}"
        )


def _moment(round_date: str | None) -> datetime:
    return datetime.now(UTC) if round_date is None else parse_round(round_date)


def _result(row: ResultRow) -> StoredResult:
    return StoredResult(
        id=row.id,
        query_hash=row.query_hash,
        mc_type=row.mc_type or "",
        result_json=row.result_json,
        all_result_hashes=row.all_result_hashes or [],
        delta=row.delta or [],
        date=row.date or NEVER,
        round_date=row.round_date,
    )
