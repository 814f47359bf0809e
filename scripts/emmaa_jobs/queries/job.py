"""A round's job: answer the model's subscribed queries and store what is new."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from emmaa_cycle.dates import parse_round
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.notification_ledger import QUERY_NEWS, NotificationLedger
from emmaa_jobs.db.query_database import NewResult, StoredQuery, StoredResult
from emmaa_jobs.manager_record import load_manager
from emmaa_jobs.queries.faults import Fault, failure
from emmaa_jobs.queries.news import find_news, news_item
from emmaa_jobs.queries.query_types import Query, QueryError, query_from_json

if TYPE_CHECKING:
    from emmaa_jobs.queries.answering import Answer

logger = logging.getLogger(__name__)


class Results(Protocol):
    """What the job needs of the query database."""

    def subscribed_queries(self, model: str) -> list[StoredQuery]:
        """The model's queries that somebody is subscribed to."""

    def latest_result(
        self, query_hash: int, mc_type: str, before_round: str | None = None
    ) -> StoredResult | None:
        """The newest answer older than a round."""

    def add_results(self, results: Sequence[NewResult]) -> None:
        """Store all answers or none; a round's answer replaces its earlier one."""


def answer_subscribed_queries(
    bucket: Bucket,
    database: Results,
    model: str,
    date_str: str | None = None,
    ledger: NotificationLedger | None = None,
) -> str:
    """Answer the model's subscribed queries in one round and store the answers.

    A second run of the same round compares with the rounds before it and replaces the round's
    own answers, so that no news is lost or told twice. A query that cannot be answered does not
    stop the others: they are stored first.

    :param date_str: the round's ``<dt>``; the latest model manager's if None
    :param ledger: where news are marked as not to be told if the run asks for silence
    :returns: a summary in one line
    :raises MissingObjectError: if the round's manager or statements are not there.
    :raises SourceUnavailableError: after all else was stored, naming what failed, if an outage
        was among the causes: another attempt may answer more.
    :raises InputError: likewise, if all that failed was bad input or has not what it needs.
    :raises UnansweredQueriesError: likewise, if anything else was a cause.
    """
    stored = database.subscribed_queries(model)
    if not stored:
        return f"nothing to do: nobody is subscribed to a query of model {model!r}"
    from emmaa_jobs.queries.answering import answer_queries
    from emmaa_jobs.queries.round_model import RoundModel

    record = load_manager(bucket, model, date_str)
    hashes, faults = _read(stored)
    answers = answer_queries(RoundModel(bucket, record), list(hashes))
    results = [
        _new_result(database, query_hash, answer, record.date_str)
        for answer in answers.found
        for query_hash in hashes[answer.query]
    ]
    database.add_results(results)
    if ledger is not None:
        _mark_silence(ledger, results, silent=not bucket.origin.notify)
    summary = _summary_line(results, record.date_str)
    if faults or answers.faults:
        raise failure(summary, [*faults, *answers.faults])
    return summary


def _read(stored: Sequence[StoredQuery]) -> tuple[dict[Query, list[int]], list[Fault]]:
    """The queries, each with its hashes: what is written in two ways may be stored twice."""
    queries: dict[Query, list[int]] = {}
    faults: list[Fault] = []
    for each in stored:
        try:
            queries.setdefault(query_from_json(each.json), []).append(each.hash)
        except QueryError as error:
            logger.error("query %d of model %s cannot be read: %s", each.hash, each.model, error)
            faults.append(Fault(f"query {each.hash} cannot be read", error))
    return queries, faults


def _new_result(database: Results, query_hash: int, answer: Answer, round_date: str) -> NewResult:
    before = database.latest_result(query_hash, answer.mc_type, before_round=round_date)
    news = find_news(answer.response, before.all_result_hashes if before else None)
    for key in news.delta:
        item = answer.response[key]
        text = item.get("path", item) if isinstance(item, dict) else item
        logger.info("news of %r by %s: %s", answer.query.english(), answer.mc_type, text)
    return NewResult(
        query_hash=query_hash,
        mc_type=answer.mc_type,
        result_json=answer.response,
        all_result_hashes=news.all_hashes,
        delta=news.delta,
        round_date=round_date,
        date=parse_round(round_date),
    )


def _mark_silence(
    ledger: NotificationLedger, results: Sequence[NewResult], *, silent: bool
) -> None:
    # The daily mail is no part of the run and would tell what a backfill was not to tell.
    items = [
        news_item(result.query_hash, result.mc_type, result.round_date or "", result.delta)
        for result in results
        if result.delta
    ]
    if silent:
        ledger.silence(QUERY_NEWS, items)
    else:
        ledger.lift_silence(items)


def _summary_line(results: Sequence[NewResult], round_date: str) -> str:
    answered = len({result.query_hash for result in results})
    new = sum(bool(result.delta) for result in results)
    return (
        f"round {round_date}: {answered} queries answered, {len(results)} answers, {new} with news"
    )
