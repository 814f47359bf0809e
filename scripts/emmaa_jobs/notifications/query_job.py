"""Mail users the new answers to their queries (emmaa-facts, section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from emmaa_cycle.origin import Origin
from emmaa_jobs.db.notification_ledger import QUERY_NEWS
from emmaa_jobs.db.query_database import QueryDatabase, User
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.mail import Mail, query_mail
from emmaa_jobs.notifications.posting import PostOffice, all_of
from emmaa_jobs.notifications.query_news import grouped, new_answer

#: For so long a mail that did not go out is tried again: up to this age, counted back from the
#: newest answer of all, answers are news. An old database of a deployment that begins to mail
#: holds years of them.
NEWS_WINDOW = timedelta(days=7)


def notify_of_queries(
    queries: QueryDatabase, office: PostOffice, origin: Origin, up_to: str | None = None
) -> str:
    """Mail every subscriber the answers that hold anything new and were not told yet.

    So what one job could not tell, the next one tells, even if newer answers hold nothing new.

    :param origin: of the run; it may ask for silence
    :param up_to: a round; later answers are left for later
    :returns: a summary in one line
    :raises InputError: if the environment cannot be used.
    :raises SourceUnavailableError: if the mail service cannot be used.
    :raises DeliveryError: if a mail was not accepted; all others went out.
    """
    if not origin.notify:
        return "nobody is told, for the run asks for silence"
    subscribers = queries.query_subscribers()
    since = _news_since(queries, up_to)
    letters = [_letter(queries, office, user, up_to, since) for user in subscribers]
    with_news = [letter for letter in letters if letter.items]
    if not with_news:
        nothing = f"no mail: no new answers for {len(subscribers)} subscribers"
        return all_of([lambda: nothing, lambda: office.send_nothing("mail", QUERY_NEWS)])
    return office.mail(QUERY_NEWS, with_news)


def _news_since(queries: QueryDatabase, up_to: str | None) -> datetime | None:
    newest = queries.newest_answer(up_to)
    if newest is None:
        return None
    return min(newest, datetime.now(UTC)) - NEWS_WINDOW  # a wrong date must not hide all others


def _letter(
    queries: QueryDatabase,
    office: PostOffice,
    user: User,
    up_to: str | None,
    since: datetime | None,
) -> Letter[Mail]:
    domain = office.settings.domain
    answers = [new_answer(news, domain) for news in queries.subscribed_news(user.id, up_to, since)]

    def compose(items: Sequence[str]) -> Mail:
        return query_mail(office.recipient(user.email), grouped(answers, items, domain))

    return Letter(user.email, [answer.item for answer in answers], compose)
