"""Tests and answers that are new on a day, and the users who are notified."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra.local.seed.data.corpora import CorpusTest, explained_since
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.observations import BEL_TESTS, BEL_TESTS_CORPUS, CORPORA
from infra.local.seed.data.people import PEOPLE, QUESTIONS
from infra.local.seed.statements import fact_sentence


def newly_applied(model: str, corpus: str, day: int, before: set[str], now: set[str]) -> list[str]:
    """English of the tests that a model can be asked from this day on.

    :param before: the names that the model knew the day before
    :param now: the names that it knows at the end of the day
    """
    if corpus == BEL_TESTS_CORPUS:
        return [t.sentence for t in BEL_TESTS if (t.model, t.applied_since) == (model, day)]
    return [
        fact_sentence(test.text)
        for test in _tests(corpus)
        if (names := _names(test.text)) <= now and not names <= before
    ]


def newly_passed(model: str, corpus: str, day: int) -> dict[str, list[str]]:
    """English of the tests that a model explains from this day on, by model type."""
    news: dict[str, list[str]] = {}
    for sentence, explained in _explained(model, corpus):
        for model_type, since in explained_since(explained).items():
            if since == day:
                news.setdefault(model_type, []).append(sentence)
    return news


def model_mails(plans: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """By recipient, the models that each send one mail: those with news.

    :param plans: what :func:`infra.local.seed.expected.expected` says of the models
    """
    reporting = [model for model, plan in plans.items() if _has_news(plan)]
    mails = {p.email: [m for m in reporting if m in p.models] for p in PEOPLE}
    return {email: models for email, models in mails.items() if models}


def query_mails(day: int) -> dict[str, list[dict[str, Any]]]:
    """By recipient of one mail, the questions whose answers are new on a day."""
    mails: dict[str, list[dict[str, Any]]] = {}
    for question in QUESTIONS:
        if not (model_types := question.news(day)):
            continue
        query = fact_sentence(question.text)
        item = {"query": query, "model": question.model, "mc_types": model_types}
        for email in question.subscribers:
            mails.setdefault(email, []).append(item)
    return mails


def _has_news(plan: dict[str, Any]) -> bool:
    if plan["action"] == "skip":
        return False
    if plan["new_papers"] and plan["new_statements"]:
        return True
    return any(plan["newly_applied"].values()) or any(plan["newly_passed"].values())


def _explained(model: str, corpus: str) -> Iterable[tuple[str, str]]:
    if corpus == BEL_TESTS_CORPUS:
        return [(test.sentence, test.explained) for test in BEL_TESTS if test.model == model]
    return [
        (fact_sentence(test.text), test.explained[model])
        for test in _tests(corpus)
        if model in test.explained
    ]


def _tests(corpus: str) -> tuple[CorpusTest, ...]:
    return next(c.tests for c in CORPORA if c.name == corpus)


def _names(text: str) -> set[str]:
    fact = parse_fact(text)
    return {fact.subject.name, fact.object.name}
