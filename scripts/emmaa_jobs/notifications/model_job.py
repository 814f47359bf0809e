"""Report what a round changed in a model, by tweet and mail."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.s3_layout import config_key, corpus_stats_prefix, model_stats_prefix
from emmaa_cycle.stages import Stage
from emmaa_cycle.titles import title_fault
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.notification_ledger import Kind
from emmaa_jobs.db.query_database import QueryDatabase, User
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.manager_record import round_config
from emmaa_jobs.notifications.changes import change_messages
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.details import EarlierStats, round_details
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.mail import Mail, model_mail
from emmaa_jobs.notifications.mail_parts import Details
from emmaa_jobs.notifications.messages import (
    ModelMessage,
    model_messages,
    readable_stats,
)
from emmaa_jobs.notifications.posting import Delivery, PostOffice, all_of
from emmaa_jobs.notifications.round_stats import (
    ReportedRound,
    RoundStats,
    StatsFile,
)
from emmaa_jobs.notifications.tweets import tweet_letters
from emmaa_jobs.overview.stages import record_counts

logger = logging.getLogger(__name__)


def notify_of_model(
    bucket: Bucket,
    queries: QueryDatabase,
    statements: StatementDatabase,
    office: PostOffice,
    about: ReportedRound,
) -> str:
    """Record the round's path counts, then tweet and mail its news.

    A second run sets the same counts and sends only what was not sent yet. What becomes of the
    tweets does not touch the mails. A corpus whose statistics cannot be read costs itself.

    :returns: a summary in one line
    :raises MissingObjectError: if the model has no config, or the round no model statistics.
    :raises InputError: if config, statistics, environment or the X account's keys cannot be used.
    :raises SourceUnavailableError: if the service of mails or tweets cannot be used.
    :raises DeliveryError: if a mail or tweet was not accepted; all others went out.
    """
    left_out = LeftOutList()
    stats = _readable_stats(bucket, about, left_out)
    config = round_config(bucket, about.model, stats.model.date_str)
    if not office.dry_run:
        _record_path_counts(statements, about.model, stats)
    news = _news(about.model, stats, config, office, left_out)
    for message in news.messages:
        logger.info("%s", message.message)
    summary = _notify(bucket, queries, office, about.model, news, left_out)
    if office.dry_run:
        return summary
    silence = (
        "" if bucket.origin.notify else "; nobody is notified, because the run asks for silence"
    )
    return record_counts(
        bucket,
        about.model,
        Stage.NOTIFICATION,
        stats.model.date_str,
        {"messages": len(news.messages)},
        summary,
        left_out=left_out,
        shown=f"{len(news.messages)} messages{silence}",
    )


@dataclass(frozen=True)
class _News:
    """The news of a round.

    :param config: the config that the round was assembled with
    :param messages: all that mails report
    :param account: the X account that tweets what was learned; empty for no tweets
    """

    stats: RoundStats
    config: ModelConfig
    messages: Sequence[ModelMessage]
    account: str


def _news(
    model: str, stats: RoundStats, config: ModelConfig, office: PostOffice, left_out: LeftOutList
) -> _News:
    links = Links.of(office.settings)
    learned = model_messages(model, stats, links)
    full = office.settings.mail.form == "full"
    others = change_messages(model, stats, links, left_out) if full else []
    return _News(stats, config, [*learned, *others], (learned and config.twitter) or "")


def _notify(
    bucket: Bucket,
    queries: QueryDatabase,
    office: PostOffice,
    model: str,
    news: _News,
    left_out: LeftOutList,
) -> str:
    stats, config, messages = news.stats, news.config, news.messages
    if not bucket.origin.notify:
        return f"{len(messages)} messages; nobody is notified, because the run asks for silence"
    if fault := title_fault(config.human_readable_name):
        left_out.add("title", "field human_readable_name", fault, config_key(model))
    office = replace(office, round_id=stats.model.date_str)
    subscribers = queries.model_subscribers(model)
    tweets, mails = Kind("tweet", model), Kind("model", model)
    tweet: Delivery = partial(office.send_nothing, "tweet", tweets)
    mail: Delivery = partial(office.send_nothing, "mail", mails)
    if news.account:
        tweet = partial(_tweet, office, tweets, news.account, stats)
    if messages and subscribers:
        day, details = day_of(stats.model.date_str), None
        if office.settings.mail.form == "full":
            details = _details(bucket, model, stats, Links.of(office.settings))
        addressed = _Addressed(config.title(model), day, messages, details)
        mail = partial(_mail, office, mails, subscribers, addressed)
    nothing = f"nothing to report: {len(messages)} messages, {len(subscribers)} subscribers"
    is_news = news.account or (messages and subscribers)
    return all_of([lambda: "" if is_news else nothing, tweet, mail, lambda: left_out.summary])


def _readable_stats(bucket: Bucket, about: ReportedRound, left_out: LeftOutList) -> RoundStats:
    stats = RoundStats.read(bucket, about, left_out)
    return readable_stats(about.model, stats, left_out)


@dataclass(frozen=True)
class _Addressed:
    """The content of the mails: the model's name for people, the round's ``<d>``, and its news.

    :param details: what changed, item by item; None in the short form
    """

    title: str
    day: str
    messages: Sequence[ModelMessage]
    details: Details | None


def _details(bucket: Bucket, model: str, stats: RoundStats, links: Links) -> Details:
    before = {
        corpus: _before(bucket, corpus_stats_prefix(model, corpus), of_corpus)
        for corpus, of_corpus in stats.corpora.items()
    }
    of_model = _before(bucket, model_stats_prefix(model), stats.model)
    return round_details(model, stats, EarlierStats(of_model, before), links)


def _before(bucket: Bucket, prefix: str, stats: StatsFile) -> StatsFile | None:
    found = attempt(partial(_statistics_before, bucket, prefix, stats.date_str))
    if isinstance(found, Failed):
        logger.warning("the mail cannot name what is gone: %s", found.reason)
        return None
    return found


def _statistics_before(bucket: Bucket, prefix: str, date_str: str) -> StatsFile | None:
    """Return the newest statistics before a round; None if there are none.

    :param prefix: of the keys of a model's statistics, or of those of one of its corpora
    :param date_str: the round's ``<dt>``
    :raises InputError: if they are no JSON.
    """
    earlier = [each for each in bucket.dated_keys(prefix, (".json",)) if each.date < date_str]
    if not earlier:
        return None
    newest = max(earlier, key=lambda each: each.date)
    return StatsFile(newest.key, newest.date, bucket.read_json(newest.key))


def _tweet(office: PostOffice, kind: Kind, account: str, stats: RoundStats) -> str:
    letters = tweet_letters(account, kind.scope, stats, Links.of(office.settings))
    return office.tweet(kind, account, letters)


def _mail(
    office: PostOffice, kind: Kind, subscribers: Sequence[User], addressed: _Addressed
) -> str:
    letters = [_letter(office, user, addressed) for user in subscribers]
    return office.mail(kind, letters)


def _record_path_counts(statements: StatementDatabase, model: str, stats: RoundStats) -> None:
    day = day_of(stats.model.date_str)
    if not stats.corpora:
        logger.info("no statistics of a test corpus: the path counts of %s stay as they are", day)
        return
    counts = stats.path_counts()
    used = statements.set_path_counts(model, day, counts)
    logger.info("paths use %d statements, %d of them stored on %s", len(counts), used, day)


def _letter(office: PostOffice, user: User, addressed: _Addressed) -> Letter[Mail]:
    def compose(items: Sequence[str]) -> Mail:
        news = [message for message in addressed.messages if message.item in items]
        recipient = office.recipient(user.email)
        return model_mail(recipient, addressed.title, addressed.day, news, addressed.details)

    return Letter(user.recipient, [message.item for message in addressed.messages], compose)
