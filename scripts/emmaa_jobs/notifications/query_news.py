"""New answers to a user's queries, in the three groups of the mail."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from emmaa_jobs.db.query_database import QueryNews, StoredQuery
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
    """

    item: str
    group: str
    english: str
    model: str
    model_type: str
    url: str | None


@dataclass(frozen=True)
class AnswerGroup:
    """The new answers of one tab of the web service's query page."""

    title: str
    url: str
    answers: list[NewAnswer]


def new_answer(news: QueryNews, domain: str) -> NewAnswer:
    """Describe news for people.

    :param domain: the web service's host
    """
    query = news.query
    group = {"path_property": _STATIC, "open_search_query": _OPEN}.get(query.qtype, _DYNAMIC)
    parameters = {"model_type": news.mc_type, "query_hash": query.hash, "order": 1}
    page = f"https://{domain}/query/{quote(query.model, safe='')}?{urlencode(parameters)}"
    return NewAnswer(
        item=news_item(
            query.hash, news.mc_type, news.round_date or news.date.isoformat(), news.delta
        ),
        group=group,
        english=one_line(_english(query)),
        model=one_line(query.model),
        model_type=model_type_name(news.mc_type),
        url=None if group == _DYNAMIC else page,
    )


def grouped(answers: Iterable[NewAnswer], items: Collection[str], domain: str) -> list[AnswerGroup]:
    """Group the answers for the mail; empty groups are left out.

    Several answers to a query by one model type, as of two rounds, are one line.

    :param items: the answers to report, by their ``item``
    """
    news = {replace(each, item=""): each for each in answers if each.item in items}.values()
    groups = [
        AnswerGroup(
            title,
            f"https://{domain}/query?{urlencode({'tab': name})}",
            [answer for answer in news if answer.group == name],
        )
        for name, title in _TITLES.items()
    ]
    return [group for group in groups if group.answers]


def _english(query: StoredQuery) -> str:
    try:
        return query_from_json(query.json).english()
    except Exception as error:  # noqa: BLE001 - a query of an old class costs its sentence alone
        logger.warning("query %s of model %s cannot be read: %s", query.hash, query.model, error)
        return f"Query {query.hash}"
