"""The expected results of one day's cycle on the demo's data, as JSON.

Worked out of the data alone, so that a demo or a test can compare it with what the jobs made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.exports import EXPORT_FORMATS
from infra.local.seed.catalogue import LAST_DAY, MODELS, DemoModel
from infra.local.seed.data.corpora import CorpusTest, explained_since
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.observations import BEL_TESTS, BEL_TESTS_CORPUS, CORPORA
from infra.local.seed.data.people import PEOPLE, QUESTIONS
from infra.local.seed.knowledge import known_names, known_statements
from infra.local.seed.registrations import make_query
from infra.local.seed.statements import fact_sentence

if TYPE_CHECKING:
    from indra.statements import Statement


def expected(day: int) -> dict[str, Any]:
    """Return the expected results of a day's cycle.

    ``models``, by name: ``action`` (``update``, ``mm_update`` or ``skip``), ``corpora``,
    ``mc_types``, ``make_tests``, ``exports`` (the files' extensions, by format); unless skipped
    also ``new_papers`` (ids), ``number_of_statements`` (assembled; None where only the jobs can
    know), ``new_statements`` and ``removed_statements`` (English by hash), ``newly_applied`` (by
    corpus, English of tests) and ``newly_passed`` (by corpus and model type). ``model_mails``: by
    recipient, the models that each send one mail. ``query_mails``: by recipient of one mail, the
    questions with news, as ``query`` (English), ``model`` and ``mc_types``. ``mails``: how many
    in all.

    :param day: from 1 on; day 0 is the history, with which nothing is compared
    :raises InputError: if the demo has no data for the day.
    """
    if not 1 <= day <= LAST_DAY:
        raise InputError(f"the demo's cycle runs on the days 1 to {LAST_DAY}, not on day {day}")
    models = {model.name: _plan(model, day) for model in MODELS}
    of_models, of_queries = _model_mails(models), _query_mails(day)
    return {
        "day": day,
        "models": models,
        "model_mails": of_models,
        "query_mails": of_queries,
        "mails": sum(map(len, of_models.values())) + len(of_queries),
    }


def action(model: DemoModel) -> str:
    """Return what the update pipeline does with a model."""
    if model.config.run_daily_update:
        return "update"
    return "mm_update" if model.config.run_daily_tests else "skip"


def _plan(model: DemoModel, day: int) -> dict[str, Any]:
    config = model.config
    plan = {
        "action": action(model),
        "corpora": config.test.test_corpus,
        "mc_types": config.test.mc_types,
        "make_tests": bool(config.make_tests),
        "exports": {name: EXPORT_FORMATS[name].extension for name in config.export_formats},
    }
    return plan if plan["action"] == "skip" else plan | _additions(model, day)


def _additions(model: DemoModel, day: int) -> dict[str, Any]:
    before, now = known_statements(model, day - 1), known_statements(model, day)
    old, new = known_names(before), known_names(now)
    corpora = model.config.test.test_corpus
    return {
        "new_papers": sorted(paper.paper_id for paper in model.inbox(day)),
        "number_of_statements": None if model.bel else len(now),
        "new_statements": _sentences(now, before),
        "removed_statements": _sentences(before, now),
        "newly_applied": {c: _newly_applied(model.name, c, day, old, new) for c in corpora},
        "newly_passed": {c: _newly_passed(model.name, c, day) for c in corpora},
    }


def _sentences(of: dict[int, Statement], without: dict[int, Statement]) -> dict[str, str]:
    return {str(key): statement_sentence(of[key]) for key in of if key not in without}


def _newly_applied(model: str, corpus: str, day: int, before: set[str], now: set[str]) -> list[str]:
    """Return the English of the tests that apply to a model from this day on.

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


def _newly_passed(model: str, corpus: str, day: int) -> dict[str, list[str]]:
    """Return the English of the tests that a model explains from this day on, by model type."""
    news: dict[str, list[str]] = {}
    for sentence, explained in _explained(model, corpus):
        for model_type, since in explained_since(explained).items():
            if since == day:
                news.setdefault(model_type, []).append(sentence)
    return news


def _model_mails(plans: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return the models that each send one mail, those with news, by recipient.

    :param plans: the models of :func:`expected`
    """
    reporting = [model for model, plan in plans.items() if _has_news(plan)]
    mails = {p.email: [m for m in reporting if m in p.models] for p in PEOPLE}
    return {email: models for email, models in mails.items() if models}


def _query_mails(day: int) -> dict[str, list[dict[str, Any]]]:
    """Return the questions with new answers on a day, by recipient of one mail."""
    mails: dict[str, list[dict[str, Any]]] = {}
    for question in QUESTIONS:
        if not (model_types := question.news(day)):
            continue
        query = make_query(question).english()
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
