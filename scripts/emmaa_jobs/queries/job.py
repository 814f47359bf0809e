"""A round's job: answer the model's subscribed queries and store what is new."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.notification_ledger import QUERY_NEWS, NotificationLedger
from emmaa_jobs.db.odd_rows import Unreadable
from emmaa_jobs.db.query_database import NewResult, StoredQuery, StoredResult
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.explanation.result_codes import QUERY_NOT_APPLICABLE, RESULT_TEXT
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.overview.stages import record_counts
from emmaa_jobs.queries.faults import Fault, UnansweredQueriesError
from emmaa_jobs.queries.news import find_news, news_item
from emmaa_jobs.queries.query_types import Query, query_from_json
from emmaa_jobs.queries.responses import text_response
from emmaa_jobs.queries.shown_answers import record_answers

if TYPE_CHECKING:
    from emmaa_jobs.model.manager_record import ManagerRecord
    from emmaa_jobs.queries.answering import Answer, Answers

logger = logging.getLogger(__name__)


class Results(Protocol):
    """The part of the query database that the job uses."""

    def subscribed_queries(self, model: str, unreadable: Unreadable) -> list[StoredQuery]:
        """Return the model's queries with a subscriber, and report those that cannot be read."""

    def latest_result(
        self, query_hash: int, mc_type: str, before_round: str | None = None
    ) -> StoredResult | None:
        """Return the newest answer older than a round."""

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
    own answers, so that no news is lost or reported twice. A query that cannot be answered is
    answered by a result code, without news, and listed with the reason.

    :param date_str: the round's ``<dt>``; the latest model manager's if None
    :param ledger: marks news as silenced if the run asks for silence
    :returns: a summary in one line
    :raises MissingObjectError: if the round's manager or statements are not there.
    :raises SourceUnavailableError: after all else was stored, naming what failed, if an outage
        was among the causes: another attempt may answer more.
    :raises InputError: likewise, if the environment lacks what simulations need, or no model type
        can be made because of bad input.
    :raises UnansweredQueriesError: likewise, if no model type can be made for another reason.
    """
    broken: dict[int, str] = {}
    stored = database.subscribed_queries(model, broken.__setitem__)
    if not (stored or broken):
        return _nothing_to_do(bucket, model, date_str)
    from emmaa_jobs.queries.answering import answer_queries
    from emmaa_jobs.queries.round_model import RoundModel

    record = load_manager(bucket, model, date_str)
    hashes, unreadable = _read(stored, broken)
    answers = answer_queries(RoundModel(bucket, record), list(hashes))
    for query_hash, reason in unreadable.items():
        answers.left_out.add("query", f"query {query_hash}", reason)
    results = _results(database, answers, hashes, list(unreadable), record.date_str)
    shown = _record_shown(bucket, answers, hashes, results, record)
    answers.left_out.save(bucket, model, Stage.QUERIES, record.date_str)
    database.add_results(results)
    if ledger is not None:
        _mark_silence(ledger, results, silent=not bucket.origin.notify)
    parts = [_summary_line(results, record.date_str), answers.left_out.summary, shown]
    summary = "; ".join(filter(None, parts))
    if answers.faults:
        raise _failure(summary, answers.faults)
    return record_counts(
        bucket,
        model,
        Stage.QUERIES,
        record.date_str,
        _counts(results),
        summary,
        left_out=answers.left_out,
    )


def _record_shown(
    bucket: Bucket,
    answers: Answers,
    hashes: Mapping[Query, Sequence[int]],
    results: Sequence[NewResult],
    record: ManagerRecord,
) -> str:
    """Write what the EMMAA page shows; return the summary's part about it if that fails."""
    news = {(result.query_hash, result.mc_type): result.delta for result in results}
    found = [
        (answer, news[hashes[answer.query][0], answer.mc_type])
        for answer in answers.found  # queries that are written in two ways have one answer
    ]
    return record_answers(bucket, record.model, record.date_str, found, left_out=answers.left_out)


def _nothing_to_do(bucket: Bucket, model: str, date_str: str | None) -> str:
    summary = f"nothing to do: nobody is subscribed to a query of model {model!r}"
    if date_str is None:  # no round to record it of
        return summary
    counts, left_out = _counts([]), LeftOutList()
    return record_counts(bucket, model, Stage.QUERIES, date_str, counts, summary, left_out=left_out)


def _read(
    stored: Sequence[StoredQuery], broken: Mapping[int, str]
) -> tuple[dict[Query, list[int]], dict[int, str]]:
    """Return the queries, each with its hashes, and by hash why the others cannot be read.

    What is written in two ways may be stored twice.

    :param broken: by hash, why the database cannot give a query
    """
    queries: dict[Query, list[int]] = {}
    unreadable = {number: f"it cannot be read: {reason}" for number, reason in broken.items()}
    for each in stored:
        query = attempt(functools.partial(_checked_query, each.json))
        if isinstance(query, Failed):
            unreadable[each.hash] = f"it cannot be read: {query.reason}"
        else:
            queries.setdefault(query, []).append(each.hash)
    return queries, unreadable


def _checked_query(document: object) -> Query:
    query = query_from_json(document)
    query.matches_key()  # its identity; odd agents have none
    return query


def _results(
    database: Results,
    answers: Answers,
    hashes: Mapping[Query, Sequence[int]],
    unreadable: Sequence[int],
    round_date: str,
) -> list[NewResult]:
    """Return a row for each hash of an answered query, and one for each that cannot be read.

    :param unreadable: the hashes of queries that cannot be read
    """
    answered = [
        _new_result(database, query_hash, answer, round_date)
        for answer in answers.found
        for query_hash in hashes[answer.query]
    ]
    return answered + [_unread_result(database, each, round_date) for each in unreadable]


def _new_result(database: Results, query_hash: int, answer: Answer, round_date: str) -> NewResult:
    mc_type, response = answer.mc_type, answer.response
    before = database.latest_result(query_hash, mc_type, before_round=round_date)
    news = find_news(response, before.all_result_hashes if before else None)
    # A missing answer is for operators, not for subscribers.
    delta = [] if answer.reason else news.delta
    for key in delta:
        item = response[key]
        text = item.get("path", item) if isinstance(item, dict) else item
        logger.info("news of %r by %s: %s", answer.query.text(), mc_type, text)
    return NewResult(
        query_hash=query_hash,
        mc_type=mc_type,
        result_json=response,
        all_result_hashes=news.all_hashes,
        delta=delta,
        round_date=round_date,
        date=parse_round(round_date),
    )


def _unread_result(database: Results, query_hash: int, round_date: str) -> NewResult:
    response = text_response(RESULT_TEXT[QUERY_NOT_APPLICABLE])
    before = database.latest_result(query_hash, "", before_round=round_date)
    news = find_news(response, before.all_result_hashes if before else None)
    return NewResult(
        query_hash=query_hash,
        mc_type="",
        result_json=response,
        all_result_hashes=news.all_hashes,
        delta=[],
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
    counts = _counts(results)
    return (
        f"round {round_date}: {counts['queries']} queries answered, {counts['answers']} answers,"
        f" {counts['with_news']} with news"
    )


def _counts(results: Sequence[NewResult]) -> dict[str, int]:
    return {
        "queries": len({result.query_hash for result in results}),
        "answers": len(results),
        "with_news": sum(bool(result.delta) for result in results),
    }


def _failure(summary: str, faults: Sequence[Fault]) -> Exception:
    """Return one error for all faults.

    :param summary: what went well
    :returns: a :class:`SourceUnavailableError` if an outage is among the causes, for another
        attempt may answer more; else an :class:`InputError` if all causes are such; else an
        :class:`UnansweredQueriesError`
    """
    text = f"{summary}; failed: {'; '.join(map(str, faults))}"
    if any(isinstance(fault.error, SourceUnavailableError) for fault in faults):
        return SourceUnavailableError(text)
    if all(isinstance(fault.error, InputError) for fault in faults):
        return InputError(text)
    return UnansweredQueriesError(text)
