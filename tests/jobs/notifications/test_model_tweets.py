"""``model_notifications.py`` with an X account: each tweet once, whatever becomes of others."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from emmaa_cycle.exit_codes import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_UNAVAILABLE,
    EXIT_UNDELIVERED,
)
from emmaa_cycle.settings import load_settings
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.notification_ledger import NotificationLedger, Status
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.notifications import posting
from emmaa_jobs.notifications.send_rate import Pacer
from model_notifications import main
from tests.jobs.local_service import FakeTime, LocalService, Reply
from tests.jobs.notifications.fake_x import DUPLICATE, SUSPENDED, TOKENS, FakeX, too_many
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.stats_writer import StatsWriter
from tests.jobs.write_points import killed_at

ROUND = "2026-03-02-10-00-00"
ARGV = ["-m", "rasmodel", "-tc", "a_tests", "-d", "2026-03-02", "--date-str", ROUND]
ACCOUNT = "X account ras"


@pytest.fixture
def x() -> FakeX:
    return FakeX()


@pytest.fixture
def local(x: FakeX, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    """X, where the settings say."""
    with LocalService(x).running() as service:
        monkeypatch.setenv("EMMAA_TWITTER__API_URL", service.url)
        load_settings.cache_clear()
        yield service
    load_settings.cache_clear()


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    time = FakeTime()
    monkeypatch.setattr(posting, "Pacer", lambda rate: Pacer(rate, lambda: time.now, time.sleep))
    return time


@pytest.fixture
def keys(outbox: Outbox) -> None:
    """Store the account's keys; the outbox fixture mocks AWS."""
    for name, value in TOKENS.items():
        boto3.client("ssm").put_parameter(
            Name=f"/twitter/ras/{name}", Value=value, Type="SecureString"
        )


@pytest.fixture
def news(stats: StatsWriter, queries: QueryDatabase, local: LocalService) -> StatsWriter:
    """Return a round with three pieces of news, a subscriber, and an account that tweets."""
    stats.config("rasmodel", human_readable_name="Ras Model", twitter="ras")
    stats.model("rasmodel", ROUND, papers=2, statements=3)
    stats.corpus("rasmodel", "a_tests", ROUND, name="Ras pathway", applied=2, pysb=1)
    queries.subscribe_to_model(queries.add_user("ada@example.org"), "rasmodel")
    return stats


def test_news_are_tweeted_and_mailed_once(
    news: StatsWriter, keys: None, outbox: Outbox, x: FakeX, time: FakeTime
) -> None:
    assert main(ARGV) == "tweets sent: 3; mails sent: 1"
    assert [text.split(".")[0] for text in x.tweets] == [
        "Today I read 2 publications and learned 3 new mechanisms",
        "Today I applied 2 new tests in the test corpus “Ras pathway”",
        "Today I explained 1 new observation in the test corpus “Ras pathway” with my @PySysBio"
        " model",
    ]
    assert time.slept == [pytest.approx(1), pytest.approx(1)], "one tweet a second"
    assert main(ARGV) == "tweets sent: 0, already notified: 3; mails sent: 0, already notified: 1"
    assert (len(x.tweets), len(outbox)) == (3, 1)


def test_an_account_needs_no_subscribers(
    news: StatsWriter, keys: None, outbox: Outbox, queries: QueryDatabase
) -> None:
    queries.unsubscribe(queries.add_user("ada@example.org"), models=["rasmodel"])
    assert main(ARGV) == "tweets sent: 3"
    assert len(outbox) == 0


def test_missing_keys_are_named_and_mails_go_out(
    news: StatsWriter,
    outbox: Outbox,
    x: FakeX,
    ledger: NotificationLedger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_job(main, ARGV) == EXIT_BAD_INPUT
    said = capsys.readouterr().out
    assert "/twitter/ras/consumer_token" in said
    assert "mails sent: 1" in said
    assert len(outbox) == 1
    assert ledger.entries(ACCOUNT) == []


def test_refused_tweet_does_not_stop_the_others(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    x: FakeX,
    ledger: NotificationLedger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    x.refusals["applied"] = DUPLICATE
    assert run_job(main, ARGV) == EXIT_UNDELIVERED
    assert "undelivered: 1 not accepted (X account ras: X answered 403" in capsys.readouterr().out
    assert (len(x.tweets), len(outbox)) == (2, 1)
    assert [entry.status for entry in ledger.entries(ACCOUNT)] == [
        Status.SENT, Status.FAILED, Status.SENT,
    ]  # fmt: skip

    x.refusals.clear()
    assert run_job(main, ARGV) == EXIT_DONE
    assert (len(x.tweets), len(outbox)) == (3, 1)


def test_all_refused_tweets_are_counted(
    news: StatsWriter, keys: None, outbox: Outbox, x: FakeX, capsys: pytest.CaptureFixture[str]
) -> None:
    x.refusals["Today"] = DUPLICATE
    assert run_job(main, ARGV) == EXIT_UNDELIVERED
    said = capsys.readouterr().out
    assert "undelivered: 3 not accepted" in said
    assert "tweets sent: 0, refused: 3; mails sent: 1" in said


def test_short_limit_is_waited_out(
    news: StatsWriter, keys: None, outbox: Outbox, local: LocalService, x: FakeX, time: FakeTime
) -> None:
    local.faults.append(too_many())
    assert main(ARGV) == "tweets sent: 3; mails sent: 1"
    assert time.slept[0] == 1
    assert time.slept[1:] == [pytest.approx(2)] * 2, "then it goes slower"


def test_long_limit_leaves_the_tweets_for_later(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    local: LocalService,
    x: FakeX,
    time: FakeTime,
    capsys: pytest.CaptureFixture[str],
) -> None:
    local.faults += [Reply.json({"data": {"id": "7"}}, status=201)]
    local.faults += [too_many(x_rate_limit_reset="99999999999")]
    assert run_job(main, ARGV) == EXIT_UNAVAILABLE
    said = capsys.readouterr().out
    assert "unavailable: X answered 429" in said
    assert "tweets sent: 1); mails sent: 1" in said
    assert (len(local.asked), len(outbox)) == (2, 1)
    assert max(time.slept) < 2

    assert main(ARGV) == "tweets sent: 2, already notified: 1; mails sent: 0, already notified: 1"


def test_tweet_without_an_answer_is_not_sent_again(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    local: LocalService,
    ledger: NotificationLedger,
    x: FakeX,
) -> None:
    local.faults.append(Reply(b"bad gateway", status=502))
    assert run_job(main, ARGV) == EXIT_UNDELIVERED
    assert ledger.entries(ACCOUNT)[0].status == Status.UNKNOWN
    assert main(ARGV).startswith("tweets sent: 0, already notified: 3")
    assert len(x.tweets) == 2


def test_killed_between_the_yes_and_the_record(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    x: FakeX,
    ledger: NotificationLedger,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with killed_at(NotificationLedger, "sent"):
        main(ARGV)
    assert [entry.status for entry in ledger.entries(ACCOUNT)] == [Status.RESERVED]

    said = main(ARGV)
    assert said == (
        "tweets sent: 2, already notified: 1, left in doubt by an earlier job: 1; mails sent: 1"
    )
    assert "it may or may not have been sent" in caplog.text
    assert (len(x.tweets), len(set(x.tweets))) == (3, 3)


def test_dry_run_prints_tweets_and_needs_no_keys(
    news: StatsWriter,
    outbox: Outbox,
    local: LocalService,
    ledger: NotificationLedger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = main([*ARGV, "--dry-run"])
    assert said == "dry run: 3 tweets would be sent; dry run: 1 mails would be sent"
    shown = capsys.readouterr().out
    assert "Tweet: Today I read 2 publications and learned 3 new mechanisms." in shown
    assert "To: ada@example.org" in shown
    assert local.asked == []
    assert ledger.entries() == []


def test_silent_run_does_not_tweet(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    local: LocalService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMMAA_NOTIFY", "false")
    assert "nobody is notified" in main(ARGV)
    assert local.asked == []


def test_round_without_news_asks_for_no_keys(news: StatsWriter, outbox: Outbox) -> None:
    later = "2026-03-02-18-00-00"
    news.model("rasmodel", later)
    assert main([*ARGV[:-1], later]) == "nothing to report: 0 messages, 1 subscribers"


def test_an_account_that_x_refuses_is_one_message_to_operators(
    news: StatsWriter,
    keys: None,
    outbox: Outbox,
    x: FakeX,
    local: LocalService,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not one a tweet, and not one a round."""
    x.refusals["Today"] = SUSPENDED
    assert run_job(main, ARGV) == EXIT_BAD_INPUT
    said = capsys.readouterr().out
    assert "X answered 403 Forbidden (user-suspended)" in said
    assert "Ask X to lift the account's suspension" in said
    assert "mails sent: 1" in said
    assert len(local.asked) == 1, "the account's other tweets would be refused as well"

    later = "2026-03-02-18-00-00"
    news.model("rasmodel", later, papers=1, statements=1)
    argv = [*ARGV[:-1], later]
    assert run_job(main, argv) == EXIT_DONE
    said = capsys.readouterr().out
    assert "no tweets, X refuses the account ras as before: X answered 403" in said
    assert (len(local.asked), len(outbox)) == (2, 2)

    x.refusals.clear()
    assert run_job(main, argv) == EXIT_DONE
    assert len(x.tweets) == 1
    x.refusals["Today"] = SUSPENDED
    latest = "2026-03-02-19-00-00"
    news.model("rasmodel", latest, papers=2, statements=2)
    assert run_job(main, [*ARGV[:-1], latest]) == EXIT_BAD_INPUT, "a new refusal is a new message"
