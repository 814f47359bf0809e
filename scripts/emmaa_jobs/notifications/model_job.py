"""Tell a model's subscribers what a round changed (emmaa-facts, section 7)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from emmaa_cycle.dates import day_of
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.config_file import load_config
from emmaa_jobs.db.notification_ledger import Kind
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.mail import Mail, model_mail
from emmaa_jobs.notifications.messages import ModelMessage, model_messages
from emmaa_jobs.notifications.posting import PostOffice
from emmaa_jobs.notifications.round_stats import RoundStats, load_round_stats

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelRound:
    """What to tell of.

    :param day: ``<d>``; its latest statistics are used where ``date_str`` is not given
    :param date_str: the round, ``<dt>``
    """

    model: str
    corpora: Sequence[str]
    day: str | None = None
    date_str: str | None = None


def notify_of_model(
    bucket: Bucket,
    queries: QueryDatabase,
    statements: StatementDatabase,
    office: PostOffice,
    about: ModelRound,
) -> str:
    """Record the round's path counts and mail its news to the model's subscribers.

    A second run sets the same counts and sends only what was not sent yet.

    :returns: a summary in one line
    :raises MissingObjectError: if the model has no config, or the round no model statistics.
    :raises InputError: if config, statistics or environment cannot be used.
    :raises SourceUnavailableError: if the mail service cannot be used.
    :raises DeliveryError: if a mail was not accepted; all others went out.
    """
    config = load_config(bucket, about.model).config
    stats = load_round_stats(
        bucket, about.model, about.corpora, day=about.day, date_str=about.date_str
    )
    if not office.dry_run:
        _record_path_counts(statements, about.model, stats)
    messages = model_messages(about.model, stats, office.settings.domain)
    for message in messages:
        logger.info("%s", message.message)
    if config.twitter and messages and bucket.origin.notify:
        logger.warning("twitter account %s: tweets are not sent by this job", config.twitter)
    if not bucket.origin.notify:
        return f"{len(messages)} messages; nobody is told, for the run asks for silence"
    subscribers = queries.model_subscribers(about.model)
    if not messages or not subscribers:
        return f"no mail: {len(messages)} messages, {len(subscribers)} subscribers"
    title, day = config.title(about.model), day_of(stats.model.date_str)
    letters = [_letter(office, user.email, title, day, messages) for user in subscribers]
    return office.post(Kind("model", about.model), letters)


def _record_path_counts(statements: StatementDatabase, model: str, stats: RoundStats) -> None:
    day = day_of(stats.model.date_str)
    counts = stats.path_counts()
    used = statements.set_path_counts(model, day, counts)
    logger.info("paths use %d statements, %d of them stored on %s", len(counts), used, day)


def _letter(
    office: PostOffice, email: str, title: str, day: str, messages: Sequence[ModelMessage]
) -> Letter:
    def compose(items: Sequence[str]) -> Mail:
        told = [message for message in messages if message.item in items]
        return model_mail(office.recipient(email), title, day, told)

    return Letter(email, [message.item for message in messages], compose)
