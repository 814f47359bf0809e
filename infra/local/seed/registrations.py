"""Users, their subscriptions and their questions, put into the query database."""

from __future__ import annotations

from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.queries.query_types import PathProperty, query_model_hash
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.people import PEOPLE, QUESTIONS
from infra.local.seed.data.questions import Question
from infra.local.seed.statements import make_statement


def register_people() -> str:
    """Add all users, what they subscribe to and what they asked, and say how many.

    :raises InputError: if the database is not located or not migrated.
    """
    database = QueryDatabase(database_engine("primary"))
    ids = {person.email: database.add_user(person.email) for person in PEOPLE}
    for person in PEOPLE:
        for model in person.models:
            database.subscribe_to_model(ids[person.email], model)
    for question in QUESTIONS:
        _register(database, question, [ids[email] for email in question.subscribers])
    return f"{len(PEOPLE)} users, {len(QUESTIONS)} queries"


def make_query(question: Question) -> PathProperty:
    """Return a question in the form that the database stores."""
    return PathProperty(make_statement(parse_fact(question.text)))


def _register(database: QueryDatabase, question: Question, subscribers: list[int]) -> None:
    query = make_query(question)
    key = query_model_hash(query, question.model)
    askers: list[int | None] = [*subscribers] or [None]
    for user_id in askers:
        database.register_query(
            key,
            question.model,
            query.to_json(),
            query.qtype,
            user_id,
            subscribe=user_id is not None,
        )
