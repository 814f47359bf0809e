"""The days of the demo, made by the real jobs, and what they left."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from importlib import import_module
from typing import Any, NamedTuple

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from emmaa_cycle.dates import day_of
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.queries.query_types import query_from_json
from infra.local.seed.catalogue import LAST_DAY, MODELS
from infra.local.seed.data.people import PEOPLE
from infra.local.seed.expected import action, expected
from infra.local.seed.history import write_history
from infra.local.seed.inbox import upload_inbox
from infra.local.seed.rounds import Round, run_round
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world

DATES = (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
ROUNDS = tuple(Round.on(day) for day in DATES)
ACTIVE = tuple(model.name for model in MODELS if action(model) != "skip")
SENDER = "emmaa_notifications@indra.bio"


class Mail(NamedTuple):
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Day:
    """The results of the jobs at the end of a day.

    :param news: by user, the questions with news: English, model, model type
    """

    number: int
    bucket: Bucket
    database: QueryDatabase
    news: dict[str, set[tuple[str, str, str]]]
    mails: list[Mail]

    @property
    def expected(self) -> dict[str, Any]:
        return expected(self.number)

    def model_stats(self, model: str) -> dict[str, Any]:
        return self._read(model_stats_key(model, ROUNDS[self.number].round_date))

    def corpus_stats(self, model: str, corpus: str) -> dict[str, Any]:
        return self._read(corpus_stats_key(model, corpus, ROUNDS[self.number].round_date))

    def _read(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = self.bucket.read_json(key)
        return document


@pytest.fixture(scope="module")
def days(postgres: PostgresServer) -> Iterator[list[Day]]:
    with empty_world(postgres.new_database()) as bucket:
        yield list(_run(bucket))


@pytest.fixture(params=[1, 2], ids=["day 1", "day 2"])
def day(request: pytest.FixtureRequest, days: list[Day]) -> Day:
    number: int = request.param
    return days[number]


def _run(bucket: Bucket) -> Iterator[Day]:
    write_history(bucket, DATES[0], lambda line: None)
    database = QueryDatabase(database_engine("primary"))
    yield Day(0, bucket, database, _news(database), [])
    for number in range(1, LAST_DAY + 1):
        upload_inbox(bucket, number, DATES[number])
        for model in MODELS:
            for _, job in run_round(model, ROUNDS[number]):
                job()
        yield Day(number, bucket, database, _news(database), _mails(ROUNDS[number]))


def _news(database: QueryDatabase) -> dict[str, set[tuple[str, str, str]]]:
    return {
        person.email: {
            (query_from_json(item.query.json).english(), item.query.model, item.mc_type)
            for item in database.subscribed_news(database.add_user(person.email))
        }
        for person in PEOPLE
    }


def _mails(made: Round) -> list[Mail]:
    boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    sent = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
    before = len(sent)
    for model in MODELS:
        if action(model) != "skip":
            corpora = model.config.test.test_corpus
            dates = ["--date", day_of(made.round_date), "--date-str", made.round_date]
            flags = ["--model", model.name, "--test_corpora", *corpora, *dates]
            import_module("model_notifications").main(flags)
    import_module("run_email_notifications").main([])
    return [_parse(mail.raw_data) for mail in sent[before:]]


def _parse(raw: str) -> Mail:
    message = email.message_from_string(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return Mail(message["To"], message["Subject"], body.get_content())
