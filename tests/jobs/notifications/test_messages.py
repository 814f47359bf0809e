"""A round's news as messages."""

from __future__ import annotations

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.messages import ModelMessage, model_messages
from emmaa_jobs.notifications.round_stats import ReportedRound, RoundStats
from tests.jobs.notifications.stats_writer import StatsWriter

ROUND = "2026-03-02-10-00-00"
PAGE = "https://emmaa.example.org/dashboard/rasmodel"


def messages(bucket: Bucket, model: str = "rasmodel", *corpora: str) -> list[ModelMessage]:
    stats = RoundStats.read(bucket, ReportedRound(model, corpora, date_str=ROUND))
    return model_messages(model, stats, Links("emmaa.example.org"))


def test_new_statements(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("rasmodel", ROUND, papers=3, statements=1)
    url = f"{PAGE}?tab=model&date=2026-03-02#addedStmts"
    assert [message.to_json() for message in messages(bucket)] == [
        {
            "url": url,
            "start": "Today I read 3 publications and learned ",
            "delta_part": "1 new mechanism",
            "middle": "",
            "message": f"Today I read 3 publications and learned 1 new mechanism. See {url}",
        }
    ]


def test_the_ledger_knows_each_piece_by_the_item_that_it_always_had(
    bucket: Bucket, stats: StatsWriter
) -> None:
    """A round is reported once, also by a later version of the code."""
    stats.model("rasmodel", ROUND, papers=3, statements=1)
    stats.corpus("rasmodel", "a_tests", ROUND, applied=2, pysb=1)
    assert [message.item for message in messages(bucket, "rasmodel", "a_tests")] == [
        f'["model", "rasmodel", "{ROUND}", "statements"]',
        f'["model", "rasmodel", "{ROUND}", "applied", "a_tests"]',
        f'["model", "rasmodel", "{ROUND}", "passed", "a_tests", "pysb"]',
    ]


@pytest.mark.parametrize(("papers", "statements"), [(0, 5), (5, 0), (0, 0)])
def test_nothing_was_read_or_nothing_learned(
    bucket: Bucket, stats: StatsWriter, papers: int, statements: int
) -> None:
    stats.model("rasmodel", ROUND, papers=papers, statements=statements)
    assert messages(bucket) == []


def test_tests_of_each_corpus_and_model_type(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("rasmodel", ROUND)
    stats.corpus(
        "rasmodel", "a_tests", ROUND, name="Ras pathway", applied=2, pysb=1, unsigned_graph=0
    )
    stats.corpus("rasmodel", "b_tests", ROUND, signed_graph=4)
    a, b = (
        f"{PAGE}?tab=tests&test_corpus={corpus}&date=2026-03-02"
        for corpus in ("a_tests", "b_tests")
    )
    assert [message.message for message in messages(bucket, "rasmodel", "a_tests", "b_tests")] == [
        f"Today I applied 2 new tests in the test corpus “Ras pathway”. See {a}#newAppliedTests",
        "Today I explained 1 new observation in the test corpus “Ras pathway” with my PySB model."
        f" See {a}#newPassedTests",
        "Today I explained 4 new observations in the test corpus “b_tests” with my Signed Graph"
        f" model. See {b}#newPassedTests",
    ]


def test_what_was_removed_is_not_told(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("rasmodel", ROUND)
    stats.corpus("rasmodel", "a_tests", ROUND, pysb=0)
    assert messages(bucket, "rasmodel", "a_tests") == []


def test_names_are_escaped_in_urls(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("my model&co", ROUND)
    stats.corpus("my model&co", "ä #1", ROUND, applied=1)
    (message,) = messages(bucket, "my model&co", "ä #1")
    assert message.url == (
        "https://emmaa.example.org/dashboard/my%20model%26co"
        "?tab=tests&test_corpus=%C3%A4+%231&date=2026-03-02#newAppliedTests"
    )


def test_pieces_are_told_apart(bucket: Bucket, stats: StatsWriter) -> None:
    for model in ("rasmodel", "other"):
        stats.model(model, ROUND, papers=1, statements=1)
        for corpus in ("a_tests", "b_tests"):
            stats.corpus(model, corpus, ROUND, applied=1, pysb=1, pybel=1)
    items = [
        message.item
        for model in ("rasmodel", "other")
        for message in messages(bucket, model, "a_tests", "b_tests")
    ]
    assert len(items) == 14
    assert len(set(items)) == 14


def test_statistics_of_another_form_are_refused(bucket: Bucket) -> None:
    bucket.write_json(f"model_stats/rasmodel/model_stats_{ROUND}.json", {"model_delta": {}})
    with pytest.raises(InputError, match=r"no field paper_delta\.raw_paper_ids_delta\.added"):
        messages(bucket)
