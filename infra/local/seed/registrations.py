"""Users, their subscriptions and their questions, put into the query database."""

from __future__ import annotations

from typing import Any

from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.queries.entities import grounding
from emmaa_jobs.queries.query_types import Query, query_model_hash
from emmaa_jobs.queries.sentences import query_from_sentence
from infra.local.seed.data.people import PEOPLE, QUESTIONS
from infra.local.seed.data.questions import Question
from infra.local.seed.statements import ground


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


def make_query(question: Question) -> Query:
    """Return a question in the form that the database stores.

    :raises InputError: if it is no sentence of a query, or an entity has no identifier.
    """
    return query_from_sentence(question.text, _agent, _is_name)


def _agent(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": ground(name)}


def _is_name(text: str) -> bool:
    return grounding(text) is not None


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
