"""One odd object is left out: all other news of the model is reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.notifications.changes import change_messages
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.messages import model_messages, readable_stats
from emmaa_jobs.notifications.round_stats import RoundStats, StatsFile
from model_notifications import main
from tests.jobs.example_counts import examples
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.stats_writer import StatsWriter

ROUND = "2026-03-02-10-00-00"
ARGV = ["-m", "rasmodel", "-tc", "a_tests", "b_tests", "-d", ROUND[:10], "--date-str", ROUND]


@pytest.fixture
def news(stats: StatsWriter, queries: QueryDatabase) -> StatsWriter:
    """Return a round with news of the model and of two corpora, and a subscriber."""
    stats.config("rasmodel")
    stats.model("rasmodel", ROUND, papers=2, statements=3)
    stats.corpus("rasmodel", "a_tests", ROUND, applied=2)
    stats.corpus("rasmodel", "b_tests", ROUND, applied=2)
    queries.subscribe_to_model(queries.add_user("ada@example.org"), "rasmodel")
    return stats


def news_text(outbox: Outbox) -> str:
    content: str = next(outbox[0].iter_parts()).get_content()
    return content


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"test_round_summary": None, "tests_delta": {}},
        {"test_round_summary": {"path_stmt_counts": [["7", None]]}, "tests_delta": {}},
        {"test_round_summary": {"path_stmt_counts": [[1e999, 1]]}, "tests_delta": {}},
        {"test_round_summary": {"path_stmt_counts": [["7", 10**30]]}, "tests_delta": {}},
        {"test_round_summary": {"path_stmt_counts": [["7", []]]}, "tests_delta": {}},
        {
            "test_round_summary": {"path_stmt_counts": []},
            "tests_delta": {"applied_hashes_delta": {"added": None}},
        },
    ],
)  # fmt: skip
def test_a_corpus_that_cannot_be_read_costs_itself(
    document: object, news: StatsWriter, outbox: Outbox
) -> None:
    news.bucket.write_json(corpus_stats_key("rasmodel", "a_tests", ROUND), document)
    assert main(ARGV) == "mails sent: 1; left out: 1 corpus"
    assert "b_tests" in news_text(outbox)
    assert "3 new mechanisms" in news_text(outbox)
    assert "a_tests" not in news_text(outbox)


def test_a_corpus_that_is_no_json_costs_itself(news: StatsWriter, outbox: Outbox) -> None:
    key = corpus_stats_key("rasmodel", "a_tests", ROUND)
    news.bucket.write_bytes(key, b"{", "application/json")
    assert main(ARGV) == "mails sent: 1; left out: 1 corpus"


def test_model_statistics_that_cannot_be_read_cost_themselves(
    news: StatsWriter, outbox: Outbox
) -> None:
    news.bucket.write_json(model_stats_key("rasmodel", ROUND), {"paper_delta": None})
    assert main(ARGV) == "mails sent: 1; left out: 1 result"
    assert "a_tests" in news_text(outbox)


@pytest.mark.parametrize("content", [None, b"{", b"\xff"])
def test_without_model_statistics_the_corpora_are_still_told_of(
    content: bytes | None, news: StatsWriter, outbox: Outbox
) -> None:
    """Their job may have failed; subscribers hear of what succeeded."""
    key = model_stats_key("rasmodel", ROUND)
    if content is None:
        news.bucket.client.delete_object(Bucket=news.bucket.name, Key=key)
    else:
        news.bucket.write_bytes(key, content, "application/json")
    assert main(ARGV) == "mails sent: 1; left out: 1 result"
    assert "a_tests" in news_text(outbox)
    assert "b_tests" in news_text(outbox)


def test_a_round_of_which_nothing_can_be_read_is_bad_input(
    news: StatsWriter, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in (
        model_stats_key("rasmodel", ROUND),
        corpus_stats_key("rasmodel", "a_tests", ROUND),
        corpus_stats_key("rasmodel", "b_tests", ROUND),
    ):
        news.bucket.write_json(key, {"paper_delta": 17})
    assert run_job(main, ARGV) == EXIT_BAD_INPUT
    assert f"{model_stats_key('rasmodel', ROUND)} has no field" in capsys.readouterr().out


def test_a_title_that_cannot_be_shown_is_named_and_the_short_name_used(
    news: StatsWriter, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "=?utf-8?q?Ras=0d=0aBcc:_x=40example.com?="
    news.config("rasmodel", human_readable_name=title)
    assert run_job(main, ARGV) == EXIT_DONE
    assert outbox[0]["Subject"] == "EMMAA: news from rasmodel"
    assert outbox[0]["Bcc"] is None
    said = capsys.readouterr().out
    assert "left out: title field human_readable_name (models/rasmodel/config.json)" in said
    assert "mails sent: 1; left out: 1 title" in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["test_round_summary", "tests_delta", "applied_hashes_delta", "added", "pysb",
             "passed_hashes_delta", "path_stmt_counts", "test_data", "name", "paper_delta"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
GOOD: dict[str, Any] = {
    "test_round_summary": {"test_data": {}, "path_stmt_counts": [["7", 1]]},
    "tests_delta": {
        "applied_hashes_delta": {"added": ["1"]},
        "pysb": {"passed_hashes_delta": {"added": [], "removed": ["2"]}},
    },
}


@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.too_slow])
@given(model=JSON, corpus=JSON)
@example(model={}, corpus={**GOOD, "test_round_summary": {"path_stmt_counts": [["x", 1]]}})
@example(model={}, corpus={**GOOD, "test_round_summary": {"path_stmt_counts": [[2**70, 1]]}})
def test_whatever_statistics_hold_the_good_corpus_is_told(model: Any, corpus: Any) -> None:
    left_out = LeftOutList()
    stats = RoundStats(
        StatsFile("model", ROUND, model),
        {"odd": StatsFile("odd", ROUND, corpus), "good": StatsFile("good", ROUND, GOOD)},
    )
    readable = readable_stats("rasmodel", stats, left_out)
    messages = model_messages("rasmodel", readable, Links("emmaa.example.org"))
    assert any("“good”" in message.middle for message in messages)
    assert readable.path_counts()[7] >= 1
    assert {item.item for item in left_out} <= {"odd", "the model's statistics"}
    changes = change_messages("rasmodel", readable, Links("emmaa.example.org"), left_out)
    assert any("“good”" in change.middle for change in changes)
    assert "lost tests of good with pysb" not in {item.item for item in left_out}


@pytest.mark.parametrize("removed", [None, 7, {}, "missing"])
def test_a_loss_that_cannot_be_read_costs_itself(
    removed: object, news: StatsWriter, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMMAA_MAIL__FORM", "full")
    load_settings.cache_clear()
    key = corpus_stats_key("rasmodel", "a_tests", ROUND)
    news.corpus("rasmodel", "a_tests", ROUND, applied=2, pysb=1)
    document = news.bucket.read_json(key)
    delta = document["tests_delta"]["pysb"]["passed_hashes_delta"]
    del delta["removed"]
    if removed != "missing":
        delta["removed"] = removed
    news.bucket.write_json(key, document)
    assert main(ARGV) == "mails sent: 1; left out: 1 result"
    assert "Today I applied 2 new tests in the test corpus “a_tests”" in news_text(outbox)
    assert "Today I lost 1 mechanism." in news_text(outbox)


def test_without_a_readable_part_the_fault_is_named() -> None:
    stats = RoundStats(StatsFile("model.json", ROUND, {}), {})
    with pytest.raises(InputError, match=r"model\.json has no field paper_delta"):
        readable_stats("rasmodel", stats, LeftOutList())


def test_a_missing_bucket_object_stays_what_it_was(
    bucket: Bucket, stats: StatsWriter, queries: QueryDatabase
) -> None:
    stats.config("rasmodel")
    assert run_job(main, ARGV) == EXIT_BAD_INPUT
