"""The answers that news is about, and those before them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from emmaa_cycle.dates import format_round, parse_round
from emmaa_jobs.db.query_database import QueryDatabase, StoredResult
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.notifications.answer_text import AnswerChange, answer_text

logger = logging.getLogger(__name__)


class AnswerHistory:
    """Changes of answers in words, each looked up once for all its subscribers."""

    def __init__(self, queries: QueryDatabase) -> None:
        self._queries = queries
        self._changes: dict[tuple[object, ...], AnswerChange] = {}

    def change(
        self, query_hash: int, mc_type: str, rounds: tuple[str, str], delta: Collection[str]
    ) -> AnswerChange:
        """Return what changed in an answer; nothing if it cannot be read.

        :param rounds: the first and the last round (``<dt>``) with news
        :param delta: the hashes of the new items
        """
        key = (query_hash, mc_type, rounds, tuple(sorted(delta)))
        if key not in self._changes:
            found = attempt(lambda: self._change(query_hash, mc_type, rounds, delta))
            if isinstance(found, Failed):
                logger.warning(
                    "the mail does not say what query %d is answered: %s", query_hash, found.reason
                )
                found = AnswerChange()
            self._changes[key] = found
        return self._changes[key]

    def _change(
        self, query_hash: int, mc_type: str, rounds: tuple[str, str], delta: Collection[str]
    ) -> AnswerChange:
        first, last = rounds
        just_after = format_round(parse_round(last) + timedelta(seconds=1))
        now = self._queries.latest_result(query_hash, mc_type, before_round=just_after)
        before = self._queries.latest_result(query_hash, mc_type, before_round=first)
        if now is None or now.round_date != last:
            return AnswerChange()  # it was answered again outside of rounds
        return AnswerChange(
            answer_text(now.result_json, delta),
            answer_text(_items(before)),
        )


def _items(result: StoredResult | None) -> dict[str, object]:
    return {} if result is None else result.result_json
