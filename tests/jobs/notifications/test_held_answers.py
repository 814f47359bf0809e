"""Answers of rounds that are held: they wait for the release."""

from __future__ import annotations

import json

import pytest

from emmaa_cycle.s3_layout import quality_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from run_email_notifications import main
from tests.jobs.notifications.dated_answers import MONDAY, QUERIES, answer, text
from tests.jobs.notifications.outbox import Outbox


def put_state(bucket: Bucket, model: str, state: str) -> None:
    release = {"format": 1, "model": model, "date": MONDAY, "state": state}
    bucket.write_bytes(quality_key(model, MONDAY), json.dumps(release).encode(), "application/json")


@pytest.fixture
def of_two_models(queries: QueryDatabase) -> QueryDatabase:
    """Return a database in which a user has Monday's answers of two models."""
    user = queries.add_user("ada@example.org")
    for number, model in ((1, "rasmodel"), (2, "marm")):
        query = QUERIES[number]
        queries.register_query(number, model, query, query["type"], user, True)
        answer(queries, number, MONDAY, "x")
    return queries


@pytest.mark.parametrize("state", ["unchecked", "held", "rejected", "unanswered", "no such state"])
def test_a_held_round_holds_its_own_answers_alone(
    of_two_models: QueryDatabase, outbox: Outbox, bucket: Bucket, state: str
) -> None:
    put_state(bucket, "marm", state)
    assert main([]) == "mails sent: 1; not sent: the answers of 1 held round"
    assert "EGF activates MAPK1." in text(outbox)
    assert "What inhibits MAPK1?" not in text(outbox)


@pytest.mark.parametrize("state", ["approved", "passed"])
def test_a_released_rounds_answers_are_in_the_next_mail(
    of_two_models: QueryDatabase, outbox: Outbox, bucket: Bucket, state: str
) -> None:
    put_state(bucket, "marm", "held")
    main([])
    put_state(bucket, "marm", state)
    assert main([]) == "mails sent: 1"
    assert "What inhibits MAPK1?" in text(outbox, 1)
    assert "EGF activates MAPK1." not in text(outbox, 1)


def test_a_round_without_a_state_is_mailed(of_two_models: QueryDatabase, outbox: Outbox) -> None:
    assert main([]) == "mails sent: 1"
    assert "What inhibits MAPK1?" in text(outbox)
