"""The full form of a model's mail: what is gone, and rounds that only lost something."""

from __future__ import annotations

import pytest

from emmaa_cycle.settings import load_settings
from model_notifications import main
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.round_news import ARGV, LATER, PINNED, news, parts
from tests.jobs.notifications.stats_writer import StatsWriter

__all__ = ["news"]


@pytest.fixture
def full_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_MAIL__FORM", "full")
    load_settings.cache_clear()


def test_losses_alone_are_mailed_once_and_not_tweeted(
    news: StatsWriter, outbox: Outbox, full_form: None
) -> None:
    news.config("rasmodel", human_readable_name="Ras Model", twitter="ras")
    news.model("rasmodel", LATER, lost=3)
    later = [*ARGV, "--date-str", LATER]
    assert main(later) == "mails sent: 2"
    assert outbox[0]["Subject"] == "EMMAA: Ras Model: 3 statements are gone"
    text, html = parts(outbox)
    page = "https://emmaa.indra.bio/dashboard/rasmodel?tab=model&date=2026-03-02"
    assert text.split("\n\n")[1] == f"Today I lost 3 mechanisms. See {page}"
    assert "3 mechanisms</a>" in html
    assert main(later) == "mails sent: 0, already notified: 2"


@pytest.mark.parametrize(
    ("papers", "added", "failed", "message"),
    [
        (0, 2, 0, "Today I learned 2 new mechanisms without a new publication."),
        (4, 0, 0, None),
        (0, 0, 2, "Today I no longer explain 2 observations in the test corpus “a_tests” with my"
         " PySB model."),
    ],
)  # fmt: skip
def test_a_round_with_one_kind_of_change_is_mailed(
    papers: int,
    added: int,
    failed: int,
    message: str | None,
    news: StatsWriter,
    outbox: Outbox,
    full_form: None,
) -> None:
    news.model("rasmodel", LATER, papers=papers, statements=added, lost=0)
    news.corpus("rasmodel", "a_tests", LATER, failed=failed, pysb=0)
    argv = ["--model", "rasmodel", "--test_corpora", "a_tests", "--date-str", LATER]
    if message is None:
        assert main(argv) == "nothing to report: 0 messages, 2 subscribers"
    else:
        assert main(argv) == "mails sent: 2"
        text, _ = parts(outbox)
        assert text.split("\n\n")[1].partition(" See ")[0] == message


def test_the_full_form_lists_what_it_can_read(
    news: StatsWriter, outbox: Outbox, full_form: None
) -> None:
    assert main(PINNED) == "mails sent: 2"

    # These statistics have no sentences: the mail goes out, with what is known.
    assert outbox[0]["Subject"] == (
        "EMMAA: Ras Model: 3 new statements, 1 statement is gone, 5 tests newly pass,"
        " 2 tests no longer pass"
    )
    text, html = parts(outbox)
    assert "Statements that are gone: 1" in text
    assert "New statements: 3" in html
