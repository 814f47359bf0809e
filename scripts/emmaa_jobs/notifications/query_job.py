"""Mail users the new answers to their queries."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emmaa_cycle.origin import Origin
from emmaa_jobs.db.notification_ledger import QUERY_NEWS
from emmaa_jobs.db.query_database import QueryDatabase, QueryNews, User
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.notifications.answer_history import AnswerHistory
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.held_rounds import HeldRounds
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.mail import Mail, query_mail
from emmaa_jobs.notifications.posting import PostOffice, all_of
from emmaa_jobs.notifications.query_news import NewAnswer, grouped, new_answer

logger = logging.getLogger(__name__)

#: For so long a mail that did not go out is tried again: up to this age, counted back from the
#: newest answer of all, answers are news. An old database of a deployment that begins to mail
#: holds years of them.
NEWS_WINDOW = timedelta(days=7)


def notify_of_queries(
    queries: QueryDatabase,
    office: PostOffice,
    origin: Origin,
    up_to: str | None = None,
    held: HeldRounds | None = None,
) -> str:
    """Mail every subscriber the answers that hold anything new and were not mailed yet.

    So what one job could not tell, the next one tells, even if newer answers hold nothing new.
    An answer that cannot be read costs itself. Answers of held rounds wait for a later job.

    :param origin: of the run; it may ask for silence
    :param up_to: a round; later answers are left for later
    :param held: the rounds that wait for a person's approval; none if not given
    :returns: a summary in one line
    :raises InputError: if the environment cannot be used.
    :raises SourceUnavailableError: if the mail service cannot be used.
    :raises DeliveryError: if a mail was not accepted; all others went out.
    """
    if not origin.notify:
        return "nobody is notified, because the run asks for silence"
    left_out = LeftOutList()
    subscribers = queries.query_subscribers()
    since = _news_since(queries, up_to)
    history = AnswerHistory(queries) if office.settings.mail.form == "full" else None
    links = Links.of(office.settings)
    news = _News(queries, links, up_to, since, left_out, held, history)
    letters = [_letter(news, office, user) for user in subscribers]
    with_news = [letter for letter in letters if letter.items]
    if with_news:
        summary = office.mail(QUERY_NEWS, with_news)
    else:
        nothing = f"no mail: no new answers for {len(subscribers)} subscribers"
        summary = all_of([lambda: nothing, lambda: office.send_nothing("mail", QUERY_NEWS)])
    waiting = held.summary if held else ""
    return "; ".join(filter(None, [summary, waiting, left_out.summary]))


@dataclass(frozen=True)
class _News:
    """Finds what is new for each user.

    :param up_to: a round; later answers are left for later
    :param since: older answers are no news
    :param left_out: gets the answers that cannot be read
    :param held: the rounds whose answers wait
    :param history: puts the answers into words; the short form if None
    """

    queries: QueryDatabase
    links: Links
    up_to: str | None
    since: datetime | None
    left_out: LeftOutList
    held: HeldRounds | None = None
    history: AnswerHistory | None = None

    def of(self, user: User) -> list[NewAnswer]:
        """Return the answers that hold anything new, those that were mailed before as well."""
        rows = self.queries.subscribed_news(user.id, self.up_to, self.since, self._leave_out)
        return [new_answer(news, self.links) for news in rows if not self._waits(news)]

    def _waits(self, news: QueryNews) -> bool:
        return self.held is not None and self.held.holds(news.query.model, news.round_date)

    def _leave_out(self, result_id: int, reason: str) -> None:
        self.left_out.add("result", f"result {result_id}", reason, "database primary, table result")


def _news_since(queries: QueryDatabase, up_to: str | None) -> datetime | None:
    now = datetime.now(UTC)
    try:
        newest = queries.newest_answer(now, up_to)
        return newest and newest - NEWS_WINDOW
    except (ValueError, TypeError, OverflowError) as error:
        logger.warning("the date of the newest answer cannot be used: %s", error)
        return now - NEWS_WINDOW


def _letter(news: _News, office: PostOffice, user: User) -> Letter[Mail]:
    answers = news.of(user)

    def compose(items: Sequence[str]) -> Mail:
        groups = grouped(answers, items, news.links, news.history)
        return query_mail(
            office.recipient(user.email), groups, with_answers=news.history is not None
        )

    return Letter(user.recipient, [answer.item for answer in answers], compose)
