"""New answers to a user's queries, in the three groups of the mail."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from emmaa_jobs.db.query_database import QueryNews, StoredQuery
from emmaa_jobs.notifications.answer_history import AnswerHistory
from emmaa_jobs.notifications.answer_text import AnswerChange
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.messages import model_type_name
from emmaa_jobs.notifications.plain_text import one_line
from emmaa_jobs.queries.news import news_item
from emmaa_jobs.queries.query_types import query_from_json

logger = logging.getLogger(__name__)

_STATIC, _OPEN, _DYNAMIC = "static", "open", "dynamic"
_TITLES = {
    _STATIC: "Source-target paths",
    _OPEN: "Open searches",
    _DYNAMIC: "Temporal properties and interventions",
}


@dataclass(frozen=True)
class NewAnswer:
    """One query that has new answers by one model type.

    :param item: what makes the news unique, for the ledger
    :param english: the query as a sentence
    :param url: the page with the answer; None for simulated queries, which have none
    :param key: the query's hash and the model type, as they are stored
    :param round_date: the round (``<dt>``); empty for an answer outside any round
    :param delta: the hashes of the new items
    :param change: the answer in words; empty in the short form
    """

    item: str
    group: str
    english: str
    model: str
    model_type: str
    url: str | None
    key: tuple[int, str] = (0, "")
    round_date: str = ""
    delta: tuple[str, ...] = ()
    change: AnswerChange = field(default_factory=AnswerChange)


@dataclass(frozen=True)
class AnswerGroup:
    """The new answers of one tab of the web service's query page.

    :param more: how many answers are not shown
    """

    title: str
    url: str
    answers: list[NewAnswer]
    more: int = 0

    def cut(self, answers: int, lines: int) -> AnswerGroup:
        """Return the group with so many answers, and so many lines of each."""
        shown = [replace(each, change=each.change.cut(lines)) for each in self.answers[:answers]]
        return replace(self, answers=shown, more=len(self.answers) - len(shown))


def new_answer(news: QueryNews, links: Links) -> NewAnswer:
    """Describe news for people."""
    query = news.query
    group = {"path_property": _STATIC, "open_search_query": _OPEN}.get(query.qtype, _DYNAMIC)
    return NewAnswer(
        item=news_item(
            query.hash, news.mc_type, news.round_date or news.date.isoformat(), news.delta
        ),
        group=group,
        english=one_line(_english(query)),
        model=one_line(query.model),
        model_type=model_type_name(news.mc_type),
        url=None if group == _DYNAMIC else links.answer(query.model, news.mc_type, query.hash),
        key=(query.hash, news.mc_type),
        round_date=news.round_date or "",
        delta=tuple(news.delta),
    )


def grouped(
    answers: Iterable[NewAnswer],
    items: Collection[str],
    links: Links,
    history: AnswerHistory | None = None,
) -> list[AnswerGroup]:
    """Group the answers for the mail; empty groups are left out.

    Several answers to a query by one model type, as of two rounds, are one line.

    :param items: the answers to report, by their ``item``
    :param history: puts the answers into words; the short form if None
    """
    of_query: dict[tuple[int, str], list[NewAnswer]] = {}
    for each in answers:
        if each.item in items:
            of_query.setdefault(each.key, []).append(each)
    news = [_as_one(several, history) for several in of_query.values()]
    groups = [
        AnswerGroup(title, links.queries(name), [each for each in news if each.group == name])
        for name, title in _TITLES.items()
    ]
    return [group for group in groups if group.answers]


def _as_one(answers: list[NewAnswer], history: AnswerHistory | None) -> NewAnswer:
    """Return several rounds' news of one query and model type as one, the oldest given first."""
    newest, rounds = answers[-1], [each.round_date for each in answers if each.round_date]
    if history is None or not rounds:
        return newest
    delta = dict.fromkeys(number for each in answers for number in each.delta)
    change = history.change(*newest.key, (rounds[0], rounds[-1]), tuple(delta))
    return replace(newest, change=change)


def _english(query: StoredQuery) -> str:
    try:
        return query_from_json(query.json).english()
    except Exception as error:  # noqa: BLE001 - a query of an old class costs its sentence alone
        logger.warning("query %s of model %s cannot be read: %s", query.hash, query.model, error)
        return f"Query {query.hash}"
