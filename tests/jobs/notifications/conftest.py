"""Migrated databases, a verified sender in moto's SES, and statistics to tell of."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends
from sqlalchemy import make_url

from emmaa_cycle.s3_layout import config_key, corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.location import DATABASE_NAMES
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.notifications.delivery import Courier, DeliveryReport, Letter
from emmaa_jobs.notifications.pacing import Pacer
from tests.jobs.databases import opened
from tests.jobs.local_service import FakeTime
from tests.jobs.notifications.post import QUERY, Deliver, Post


@pytest.fixture(scope="session")
def empty_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both databases, migrated."""
    folder = tmp_path_factory.mktemp("databases")
    for name in DATABASE_NAMES:
        migrate(name, make_url(f"sqlite:///{folder}/{name}.db"))
    return folder


@pytest.fixture(autouse=True)
def migrated(databases: None, empty_databases: Path, tmp_path: Path) -> None:
    """Both databases where the environment says, as copies, for migrating takes its time."""
    for file in empty_databases.glob("*.db"):
        shutil.copy(file, tmp_path)


@pytest.fixture
def queries() -> Iterator[QueryDatabase]:
    yield from opened(QueryDatabase)


@pytest.fixture
def ledger() -> Iterator[NotificationLedger]:
    yield from opened(NotificationLedger)


@pytest.fixture
def statements() -> Iterator[StatementDatabase]:
    yield from opened(StatementDatabase)


class Outbox:
    """The mails that moto's SES accepted."""

    def __len__(self) -> int:
        return len(self._raw())

    def __getitem__(self, number: int) -> EmailMessage:
        """A mail as its reader parses it."""
        raw = self._raw()[number].raw_data
        message = email.message_from_string(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def recipients(self) -> list[str]:
        return [address for message in self._raw() for address in message.destinations]

    @staticmethod
    def _raw() -> list[Any]:
        sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
        return sent


@pytest.fixture
def outbox(bucket: Bucket) -> Outbox:
    """SES that knows the sender; the bucket's fixture mocks AWS."""
    boto3.client("sesv2").create_email_identity(EmailIdentity="emmaa_notifications@indra.bio")
    return Outbox()


@dataclass(frozen=True)
class StatsWriter:
    """Writes statistics as the statistics job does, as far as notifications look."""

    bucket: Bucket

    def config(self, model: str, **fields: Any) -> None:
        document = {"search_terms": [], **fields}
        self.bucket.write_json(config_key(model), document)

    def model(self, model: str, date_str: str, *, papers: int = 0, statements: int = 0) -> None:
        document = {
            "model_delta": {"statements_hashes_delta": _delta("s", statements)},
            "paper_delta": {
                "raw_paper_ids_delta": _delta("p", papers),
                "assembled_paper_ids_delta": _delta("p", papers),
            },
        }
        self.bucket.write_json(model_stats_key(model, date_str), document)

    def corpus(
        self,
        model: str,
        corpus: str,
        date_str: str,
        *,
        name: str | None = None,
        applied: int = 0,
        paths: list[list[Any]] | None = None,
        **passed: int,
    ) -> None:
        deltas = {mc: {"passed_hashes_delta": _delta("t", n)} for mc, n in passed.items()}
        document = {
            "test_round_summary": {
                "test_data": {"name": name} if name else {},
                "path_stmt_counts": paths or [],
            },
            "tests_delta": {"applied_hashes_delta": _delta("t", applied), **deltas},
        }
        self.bucket.write_json(corpus_stats_key(model, corpus, date_str), document)


@pytest.fixture
def stats(bucket: Bucket) -> StatsWriter:
    return StatsWriter(bucket)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def deliver(ledger: NotificationLedger, post: Post, clock: FakeTime) -> Deliver:
    """Runs one job, at the pace that SES allows."""

    def job(*letters: Letter) -> DeliveryReport:
        pacer = Pacer(14, lambda: clock.now, clock.sleep)
        return Courier(QUERY, ledger, post, pacer).deliver(letters)

    return job


def _delta(letter: str, number: int) -> dict[str, list[str]]:
    return {"added": [f"{letter}{n}" for n in range(number)], "removed": [f"{letter}-gone"]}
