"""The records that the ``primary`` database takes and returns, independent of its tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class User:
    """A person who can be notified.

    :param email: empty if the table has no address
    """

    id: int
    email: str

    @property
    def recipient(self) -> str:
        """The address, or the id of a user without one."""
        return self.email or f"user {self.id}"


@dataclass(frozen=True)
class StoredQuery:
    """A registered query.

    :param hash: the query-model hash
    :param qtype: ``path_property``, ``open_search_query``, ``dynamic_property`` or
        ``simple_intervention_property``
    """

    hash: int
    model: str
    json: dict[str, Any]
    qtype: str


@dataclass(frozen=True)
class NewResult:
    """An answer to be stored.

    :param result_json: the response, hash → item
    :param all_result_hashes: keys of this and all earlier responses; those of older answers are
        not kept (:mod:`emmaa_jobs.db.known_hashes`)
    :param delta: keys that are new
    :param round_date: the round (``<dt>``) that was asked; None for an answer outside any round
    :param date: when it was answered; the round's moment if None, or now without a round. So a
        recomputed old round does not become the newest.
    """

    query_hash: int
    mc_type: str
    result_json: dict[str, Any]
    all_result_hashes: Collection[str] = ()
    delta: Collection[str] = ()
    round_date: str | None = None
    date: datetime | None = None


@dataclass(frozen=True)
class StoredResult:
    """A stored answer; see :class:`NewResult`."""

    id: int
    query_hash: int
    mc_type: str
    result_json: dict[str, Any]
    all_result_hashes: list[str]
    delta: list[str]
    date: datetime
    round_date: str | None


@dataclass(frozen=True)
class QueryNews:
    """An answer to a subscribed query by one model type, without its text.

    :param delta: keys of the answer's new items
    """

    query: StoredQuery
    mc_type: str
    date: datetime
    round_date: str | None = None
    delta: list[str] = field(default_factory=list)
