"""``run_email_notifications.py``: new answers to queries, by mail, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emmaa_cycle.dates import format_round, parse_round
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.query_job import NEWS_WINDOW
from emmaa_jobs.notifications.ses import SesMailService
from run_email_notifications import main
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import locate_databases
from tests.jobs.notifications.dated_answers import (
    LATER_ON_MONDAY,
    MONDAY,
    QUERIES,
    SECOND,
    TUESDAY,
    WEDNESDAY,
    ada,
    answer,
    subscribe,
    subscribed,
    text,
)
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.write_points import killed_at

__all__ = ["ada", "subscribed"]


def _down(*_args: object) -> str:
    raise SourceUnavailableError("SES cannot be reached")


def test_new_answers_in_three_groups(ada: int, queries: QueryDatabase, outbox: Outbox) -> None:
    answer(queries, 1, MONDAY, "x", mc_type="signed_graph")
    answer(queries, 1, MONDAY, mc_type="unsigned_graph")
    for number in (2, 3):
        answer(queries, number, MONDAY, "x")
    assert main([]) == "mails sent: 1"
    assert outbox.recipients() == ["ada@example.org"]
    assert outbox[0]["Subject"] == "EMMAA: new answers to your queries"
    page = "https://emmaa.indra.bio/query"
    assert text(outbox).split("\n-- \n")[0] == (
        "New answers to your queries\n\n"
        f"Source-target paths: {page}?tab=static\n"
        "- EGF activates MAPK1. (rasmodel, Signed Graph)\n"
        f"  {page}/rasmodel?model_type=signed_graph&query_hash=1&order=1\n\n"
        f"Open searches: {page}?tab=open\n"
        "- What inhibits MAPK1? (CHEBI) (rasmodel, PySB)\n"
        f"  {page}/rasmodel?model_type=pysb&query_hash=2&order=1\n\n"
        f"Temporal properties and interventions: {page}?tab=dynamic\n"
        "- MAPK1 is sustained high. (rasmodel, PySB)\n"
    )
    assert outbox[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_unchanged_answers_are_not_told_again(
    ada: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    main([])
    assert main([]) == "mails sent: 0, already notified: 1"
    answer(queries, 2, MONDAY, "y")
    assert main([]) == "mails sent: 1"
    assert "What inhibits MAPK1?" in text(outbox, 1)
    assert "EGF activates MAPK1." not in text(outbox, 1)
    assert len(outbox) == 2


def test_round_answered_again_is_news_only_if_it_differs(
    ada: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    main([])
    answer(queries, 1, MONDAY, "x")
    main([])
    assert len(outbox) == 1
    answer(queries, 1, MONDAY, "x", "y")
    main([])
    assert len(outbox) == 2


def test_news_that_could_not_be_told_are_told_by_the_next_job(
    subscribed: int, queries: QueryDatabase, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(queries, 1, MONDAY, "x")
    with monkeypatch.context() as down:
        down.setattr(SesMailService, "send", _down)
        assert run_job(main, []) == EXIT_UNAVAILABLE
    answer(queries, 1, TUESDAY)
    assert main([]) == "mails sent: 1"
    assert "EGF activates MAPK1." in text(outbox)
    assert main([]) == "mails sent: 0, already notified: 1"
    assert len(outbox) == 1


def test_interrupted_mail_is_reported_on_a_day_without_news(
    subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    with killed_at(SesMailService, "send"):
        main([])
    answer(queries, 2, format_round(parse_round(MONDAY) + NEWS_WINDOW + SECOND))
    said = "no mail: no new answers for 1 subscribers"
    assert main([]) == f"{said}; mails sent: 0, left in doubt by an earlier job: 1"
    assert main([]) == said


def test_several_rounds_of_a_query_are_told_in_one_line(
    subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    answer(queries, 1, LATER_ON_MONDAY, "y")
    answer(queries, 1, TUESDAY)
    assert main([]) == "mails sent: 1"
    assert text(outbox).count("EGF activates MAPK1.") == 1
    assert main([]) == "mails sent: 0, already notified: 1"
    answer(queries, 1, TUESDAY, "z")
    assert main([]) == "mails sent: 1"


def test_new_subscriber_hears_of_the_newest_answer_alone(
    queries: QueryDatabase, outbox: Outbox
) -> None:
    for number, user in ((1, "ada"), (2, "bob")):
        subscribe(queries, number, queries.add_user(f"{user}@example.org"), WEDNESDAY)
        answer(queries, number, MONDAY, "x")
    answer(queries, 1, TUESDAY)
    answer(queries, 2, TUESDAY, "y")
    assert main([]) == "mails sent: 1"
    assert outbox.recipients() == ["bob@example.org"]
    assert main([]) == "mails sent: 0, already notified: 1"


def test_asking_again_does_not_lose_what_was_not_told_yet(
    subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    answer(queries, 1, TUESDAY)
    subscribe(queries, 1, subscribed, WEDNESDAY)
    assert main([]) == "mails sent: 1"


def test_subscription_that_begins_again_begins_anew(
    subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    answer(queries, 1, TUESDAY)
    queries.unsubscribe(subscribed, query_hashes=[1])
    subscribe(queries, 1, subscribed, WEDNESDAY)
    assert main([]) == "no mail: no new answers for 1 subscribers"


@pytest.mark.parametrize(("age", "mails"), [(NEWS_WINDOW, 1), (NEWS_WINDOW + SECOND, 0)])
def test_old_answers_are_no_news_any_more(
    age: timedelta, mails: int, subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    """As in an old database of a deployment that has just begun to mail."""
    answer(queries, 1, format_round(parse_round(TUESDAY) - age), "x")
    answer(queries, 2, TUESDAY)
    main([])
    assert len(outbox) == mails


def test_answer_dated_in_the_future_makes_no_other_one_old(
    subscribed: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    now = datetime.now(UTC)
    answer(queries, 1, format_round(now), "x")
    answer(queries, 2, format_round(now + NEWS_WINDOW + timedelta(days=1)))
    assert main([]) == "mails sent: 1"


def test_everybody_gets_their_own_queries(ada: int, queries: QueryDatabase, outbox: Outbox) -> None:
    eve = queries.add_user("eve@example.org")
    queries.register_query(2, "rasmodel", QUERIES[2], "open_search_query", eve, True)
    bob = queries.add_user("bob@example.org")
    queries.register_query(2, "rasmodel", QUERIES[2], "open_search_query", bob, False)
    answer(queries, 1, MONDAY, "x")
    answer(queries, 2, MONDAY, "x")
    assert main([]) == "mails sent: 2"
    assert outbox.recipients() == ["ada@example.org", "eve@example.org"]
    assert "EGF activates MAPK1." in text(outbox, 0)
    assert "EGF activates MAPK1." not in text(outbox, 1)


def test_unsubscribed_query_is_not_told(ada: int, queries: QueryDatabase, outbox: Outbox) -> None:
    answer(queries, 1, MONDAY, "x")
    queries.unsubscribe(ada, query_hashes=[1])
    main([])
    assert len(outbox) == 0


def test_silent_run_and_dry_run_send_nothing(
    ada: int,
    queries: QueryDatabase,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer(queries, 1, MONDAY, "x")
    assert main(["--dry-run"]) == "dry run: 1 mails would be sent"
    assert "- EGF activates MAPK1. (rasmodel, PySB)" in capsys.readouterr().out
    monkeypatch.setenv("EMMAA_NOTIFY", "false")
    assert "nobody is notified" in main([])
    assert len(outbox) == 0
    monkeypatch.delenv("EMMAA_NOTIFY")
    assert main([]) == "mails sent: 1"


def test_database_must_be_migrated(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    locate_databases(monkeypatch, postgres.new_database())
    assert run_job(main, []) == EXIT_BAD_INPUT
    assert "run scripts/upgrade_database.py" in capsys.readouterr().out


def test_answers_of_later_rounds_are_left_for_later(
    ada: int, queries: QueryDatabase, outbox: Outbox
) -> None:
    answer(queries, 1, MONDAY, "x")
    answer(queries, 1, TUESDAY, "x", "y")
    answer(queries, 2, TUESDAY, "x")
    assert main(["--date-str", MONDAY]) == "mails sent: 1"
    assert "EGF activates MAPK1" in text(outbox)
    assert "What inhibits" not in text(outbox)
    assert main([]) == "mails sent: 1"
    assert main(["--date-str", MONDAY]) == "mails sent: 0, already notified: 1"
