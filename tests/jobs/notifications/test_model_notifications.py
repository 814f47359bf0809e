"""``model_notifications.py``: a round's news, by mail, once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE, EXIT_UNDELIVERED
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.notification_ledger import NotificationLedger, Status
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.model.manager_record import ManagerRecord
from model_notifications import main
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.round_news import ARGV, LATER, PINNED, ROUND, news, parts
from tests.jobs.notifications.stats_writer import StatsWriter
from tests.jobs.write_points import killed_at

__all__ = ["news"]


def store(statements: StatementDatabase, *hashes: int) -> None:
    rows = [{"type": "Activation", "matches_hash": str(number)} for number in hashes]
    statements.put_statements("rasmodel", "2026-03-02", rows)


def test_every_subscriber_gets_the_rounds_news(news: StatsWriter, outbox: Outbox) -> None:
    assert main(PINNED) == "mails sent: 2"
    assert outbox.recipients() == ["ada@example.org", "eve@example.org"]
    mail = outbox[0]
    assert mail["From"] == "EMMAA <emmaa_notifications@indra.bio>"
    assert mail["Subject"] == "EMMAA: news from Ras Model"
    text, html = parts(outbox)
    page = "https://emmaa.indra.bio/dashboard/rasmodel"
    tests = f"{page}?tab=tests&test_corpus="
    assert text.split("\n\n")[1].splitlines() == [
        "Today I read 2 publications and learned 3 new mechanisms."
        f" See {page}?tab=model&date=2026-03-02#addedStmts",
        "Today I applied 2 new tests in the test corpus “Ras pathway”."
        f" See {tests}a_tests&date=2026-03-02#newAppliedTests",
        "Today I explained 1 new observation in the test corpus “Ras pathway” with my PySB model."
        f" See {tests}a_tests&date=2026-03-02#newPassedTests",
        "Today I explained 4 new observations in the test corpus “b_tests” with my Signed Graph"
        f" model. See {tests}b_tests&date=2026-03-02#newPassedTests",
    ]
    assert "3 new mechanisms</a>" in html
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://emmaa.indra.bio/query/unsubscribe?email=ada%40example.org&")
    assert link in text
    assert link.replace("&", "&amp;") in html


def test_a_config_that_is_saved_in_mid_round_is_the_next_rounds(
    news: StatsWriter, outbox: Outbox
) -> None:
    """Even a broken one: the round goes on with the config that its manager holds."""
    begun_with = {"search_terms": [], "human_readable_name": "Ras, as the round began"}
    ManagerRecord("rasmodel", ROUND, ROUND, ["pysb"], begun_with, [], []).save(news.bucket)
    news.config("rasmodel", run_daily_update="often")
    assert main(PINNED) == "mails sent: 2"
    assert outbox[0]["Subject"] == "EMMAA: news from Ras, as the round began"


def test_second_run_and_retry_send_nothing(news: StatsWriter, outbox: Outbox) -> None:
    main(PINNED)
    assert main(PINNED) == "mails sent: 0, already notified: 2"
    assert main(ARGV) == "mails sent: 0, already notified: 2"
    assert len(outbox) == 2


def test_corpus_that_is_late_is_told_alone(news: StatsWriter, outbox: Outbox) -> None:
    main(["-m", "rasmodel", "-tc", "a_tests", "c_tests", "--date-str", ROUND])
    news.corpus("rasmodel", "c_tests", ROUND, name="Late", applied=1)
    main(["-m", "rasmodel", "-tc", "a_tests", "c_tests", "--date-str", ROUND])
    assert len(outbox) == 4
    text, _ = parts(outbox, 2)
    assert "1 new test in the test corpus “Late”" in text
    assert "Ras pathway" not in text
    assert "mechanism" not in text


def test_next_round_is_told(news: StatsWriter, outbox: Outbox) -> None:
    main(PINNED)
    news.model("rasmodel", LATER, papers=1, statements=1)
    main([*ARGV, "--date-str", LATER])
    text, _ = parts(outbox, 2)
    assert "learned 1 new mechanism." in text


def test_path_counts_of_all_corpora_are_stored_once(
    news: StatsWriter, outbox: Outbox, statements: StatementDatabase
) -> None:
    store(statements, 11, 12, 13)
    for _ in range(2):
        main(PINNED)
    assert statements.path_counts("rasmodel", "2026-03-02") == {11: 3, 12: 5}


@pytest.mark.parametrize("corpora", [[], ["-tc", "none_tests"]])
def test_without_a_corpus_path_counts_stay(
    corpora: list[str], news: StatsWriter, outbox: Outbox, statements: StatementDatabase
) -> None:
    store(statements, 11)
    main(PINNED)
    main(["-m", "rasmodel", *corpora, "--date-str", ROUND])
    assert statements.path_counts("rasmodel", "2026-03-02") == {11: 3}


def test_interrupted_mail_is_reported_in_a_round_without_news(
    news: StatsWriter,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with killed_at(NotificationLedger, "sent"):
        main(PINNED)
    news.model("rasmodel", LATER)
    monkeypatch.delenv("INDRA_BIO_ARN")
    said = "nothing to report: 0 messages, 2 subscribers"
    later = [*ARGV, "--date-str", LATER]
    assert main([*later, "--dry-run"]) == said
    assert main(later) == f"{said}; mails sent: 0, left in doubt by an earlier job: 1"
    assert "a job was killed while it notified ada@example.org" in caplog.text
    assert main(later) == said


def test_silent_run_stores_path_counts_and_tells_nobody(
    news: StatsWriter,
    outbox: Outbox,
    statements: StatementDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(statements, 11)
    monkeypatch.setenv("EMMAA_NOTIFY", "false")
    assert "nobody is notified" in main(PINNED)
    assert len(outbox) == 0
    assert statements.path_counts("rasmodel", "2026-03-02") == {11: 3}


def test_dry_run_prints_and_changes_nothing(
    news: StatsWriter,
    outbox: Outbox,
    statements: StatementDatabase,
    ledger: NotificationLedger,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store(statements, 11)
    monkeypatch.delenv("INDRA_BIO_ARN")
    assert main([*PINNED, "--dry-run"]) == "dry run: 2 mails would be sent"
    shown = capsys.readouterr().out
    assert "To: ada@example.org\nSubject: EMMAA: news from Ras Model" in shown
    assert "Today I read 2 publications" in shown
    assert len(outbox) == 0
    assert ledger.entries() == []
    assert statements.path_counts("rasmodel", "2026-03-02") == {}


def test_round_without_news(news: StatsWriter, outbox: Outbox) -> None:
    news.model("rasmodel", LATER)
    assert main([*ARGV, "--date-str", LATER]) == "nothing to report: 0 messages, 2 subscribers"
    assert len(outbox) == 0


def test_model_without_subscribers_needs_no_mail_settings(
    news: StatsWriter, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INDRA_BIO_ARN", "EMAIL_SIGN_SECRET"):
        monkeypatch.delenv(name)
    news.config("other")
    news.model("other", ROUND, papers=1, statements=1)
    assert (
        main(["-m", "other", "--date-str", ROUND]) == "nothing to report: 1 messages, 0 subscribers"
    )


@pytest.mark.parametrize("name", ["INDRA_BIO_ARN", "EMAIL_SIGN_SECRET"])
def test_missing_mail_setting_is_bad_input_and_reserves_nothing(
    name: str,
    news: StatsWriter,
    outbox: Outbox,
    ledger: NotificationLedger,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(name)
    assert run_job(main, PINNED) == EXIT_BAD_INPUT
    assert f"{name} is not set" in capsys.readouterr().out
    assert ledger.entries() == []


def test_refused_address_ends_the_job_with_its_own_code(
    news: StatsWriter,
    outbox: Outbox,
    queries: QueryDatabase,
    ledger: NotificationLedger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queries.subscribe_to_model(queries.add_user("bob at example.org"), "rasmodel")
    assert run_job(main, PINNED) == EXIT_UNDELIVERED
    assert outbox.recipients() == ["ada@example.org", "eve@example.org"]
    assert "undelivered: 1 not accepted (bob at example.org:" in capsys.readouterr().out
    assert {entry.status for entry in ledger.entries("bob at example.org")} == {Status.FAILED}
    assert run_job(main, PINNED) == EXIT_UNDELIVERED
    assert len(outbox) == 2
    assert {entry.attempts for entry in ledger.entries("bob at example.org")} == {2}


def test_role_that_may_not_send_loses_nothing(
    news: StatsWriter,
    outbox: Outbox,
    ledger: NotificationLedger,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    call = BaseClient._make_api_call

    def denied(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation != "SendEmail":
            return call(client, operation, parameters)
        asked.append(operation)
        answer: Any = {
            "Error": {"Code": "AccessDeniedException", "Message": "not authorized"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }
        raise ClientError(answer, operation)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", denied)
        assert run_job(main, PINNED) == EXIT_BAD_INPUT
    assert len(asked) == 1
    assert "The job's role needs ses:SendEmail" in capsys.readouterr().out
    assert {entry.status for entry in ledger.entries()} == {Status.FAILED}
    assert main(PINNED) == "mails sent: 2"


def test_missing_model_statistics(
    news: StatsWriter, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job(main, [*ARGV, "--date-str", LATER]) == EXIT_BAD_INPUT
    assert "model_stats/rasmodel/model_stats_" in capsys.readouterr().out


def test_missing_corpus_statistics(news: StatsWriter, outbox: Outbox) -> None:
    argv = ["-m", "rasmodel", "-tc", "a_tests", "none_tests", "--date-str", ROUND]
    assert run_job(main, argv) == EXIT_DONE
    assert len(outbox) == 2


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ([], "one of --date and --date-str is needed"),
        (["-d", "2026-03-01", "--date-str", ROUND], "is not a round of --date 2026-03-01"),
        (["-d", "yesterday"], "is not a day"),
    ],
)
def test_bad_dates_are_named(
    dates: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["-m", "rasmodel", *dates])
    assert message in capsys.readouterr().err
