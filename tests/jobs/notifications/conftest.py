"""Migrated databases, a verified sender in moto's SES, and statistics with news."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.notifications.delivery import Courier, Letter
from emmaa_jobs.notifications.delivery_report import DeliveryReport
from emmaa_jobs.notifications.mail import Mail
from emmaa_jobs.notifications.send_rate import Pacer
from tests.jobs.databases import make_database, opened
from tests.jobs.local_service import FakeTime
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.post import QUERY, Deliver, Post
from tests.jobs.notifications.stats_writer import StatsWriter


@pytest.fixture
def migrated(databases: None) -> None:
    """Make both databases where the environment says."""
    make_database()


@pytest.fixture
def queries(migrated: None) -> Iterator[QueryDatabase]:
    yield from opened(QueryDatabase)


@pytest.fixture
def ledger(migrated: None) -> Iterator[NotificationLedger]:
    yield from opened(NotificationLedger)


@pytest.fixture
def statements(migrated: None) -> Iterator[StatementDatabase]:
    yield from opened(StatementDatabase)


@pytest.fixture
def outbox(bucket: Bucket, migrated: None) -> Outbox:
    """SES that knows the sender; the bucket's fixture mocks AWS."""
    boto3.client("sesv2").create_email_identity(EmailIdentity="emmaa_notifications@indra.bio")
    return Outbox()


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
    """Run one job, at the rate that SES allows."""

    def job(*letters: Letter[Mail], round_id: str = "", run_id: str = "") -> DeliveryReport:
        pacer = Pacer(14, lambda: clock.now, clock.sleep)
        courier = Courier(QUERY, ledger, post, pacer, round_id=round_id, run_id=run_id)
        return courier.deliver(letters)

    return job


@pytest.fixture(autouse=True)
def short_form(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mails count as the original's do; tests of the full form ask for it."""
    monkeypatch.setenv("EMMAA_MAIL__FORM", "short")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()
