"""A model's news as tweets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.round_stats import (
    ReportedRound,
    RoundStats,
    StatsFile,
)
from emmaa_jobs.notifications.tweets import (
    LONGEST,
    LONGEST_NAMES,
    is_accepted,
    shortened,
    tweet_letters,
    weight,
)
from tests.jobs.example_counts import examples
from tests.jobs.notifications.stats_writer import StatsWriter

ROUND = "2026-03-02-10-00-00"


def texts(bucket: Bucket, *corpora: str) -> list[str]:
    stats = RoundStats.read(bucket, ReportedRound("rasmodel", corpora, date_str=ROUND))
    letters = tweet_letters("ras", "rasmodel", stats, Links("emmaa.indra.bio"))
    assert {letter.recipient for letter in letters} == {"X account ras"}
    return [letter.compose(letter.items).text for letter in letters]


def test_one_tweet_for_each_piece_of_news(bucket: Bucket, stats: StatsWriter) -> None:
    stats.model("rasmodel", ROUND, papers=1, statements=2)
    stats.corpus("rasmodel", "a_tests", ROUND, name="Ras pathway", pysb=1, pybel=2, dynamic=3)
    page = "https://emmaa.indra.bio/dashboard/rasmodel?tab="
    tests = f" See {page}tests&test_corpus=a_tests&date=2026-03-02#newPassedTests"
    corpus = "in the test corpus “Ras pathway” with my"
    assert texts(bucket, "a_tests") == [
        "Today I read 1 publication and learned 2 new mechanisms."
        f" See {page}model&date=2026-03-02#addedStmts",
        f"Today I explained 1 new observation {corpus} @PySysBio model.{tests}",
        f"Today I explained 2 new observations {corpus} @pybelbio model.{tests}",
        f"Today I explained 3 new observations {corpus} Dynamic model.{tests}",
    ]


@pytest.mark.parametrize("letter", ["n", "ä", "癌"])
def test_long_names_are_cut_to_a_tweets_length(
    letter: str, bucket: Bucket, stats: StatsWriter
) -> None:
    stats.model("rasmodel", ROUND)
    stats.corpus("rasmodel", "a_tests", ROUND, name=letter * 300, unsigned_graph=987654)
    (text,) = texts(bucket, "a_tests")
    assert LONGEST - 40 < weight(text) <= LONGEST
    assert is_accepted(text)
    assert "…” with my Unsigned Graph model. See https://" in text


NAMES = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["x.co " * 60, "https://a.example/" + "y" * 200, "癌" * 300, "\ufeff\u202e" * 9,
         "\U0001fae8\U0001f469\u200d\U0001f467" * 80,
         "@PySysBio #tag $CASH " * 20, "a\nb\r\nc\x00d\ud800", "́" * 300]
    ),
    st.lists(st.sampled_from(["x.co", "https://t.co/a", "癌", "n" * 40, " ", "🫨", ".", "/"]),
             max_size=60).map("".join),
)  # fmt: skip


@settings(
    max_examples=examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=NAMES, mc_type=st.one_of(st.just("pysb"), st.text(min_size=1, max_size=80)))
@example(name="n", mc_type="m" * 400)
@example(name="x.co " * 60, mc_type="pybel")
def test_no_tweet_is_refused_for_its_length_or_characters(name: str, mc_type: str) -> None:
    airflow = Links("emmaa.indra.bio", "http://localhost:8080/base")
    for links in (Links("emmaa.indra.bio"), Links("localhost:5000"), airflow):
        stats = RoundStats(
            StatsFile("model", ROUND, {
                "paper_delta": {"raw_paper_ids_delta": {"added": ["1"]}},
                "model_delta": {"statements_hashes_delta": {"added": ["1"]}},
            }),
            {"c" * 128: StatsFile("tests", ROUND, {
                "test_round_summary": {"test_data": {"name": name}},
                "tests_delta": {
                    "applied_hashes_delta": {"added": ["1"]},
                    mc_type: {"passed_hashes_delta": {"added": ["1"]}},
                },
            })},
        )  # fmt: skip
        letters = tweet_letters("ras", "rasmodel", stats, links)
        for letter in letters:
            tweet = letter.compose(letter.items).text
            assert is_accepted(tweet)
            assert weight(tweet) <= LONGEST
            assert len(tweet.splitlines()) == 1


@settings(max_examples=examples(100), deadline=None)
@given(st.text(), st.sampled_from(LONGEST_NAMES[:-1]))
def test_a_shortened_name_fits_on_one_line(name: str, longest: int) -> None:
    short = shortened(name, longest)
    assert weight(short) <= longest
    assert len(short.splitlines()) <= 1


def test_weights_are_those_of_xs_conformance_suite() -> None:
    """Cases of twitter-text's conformance/validate.yml."""
    for text, expected in [
        ("https://emmaa.indra.bio/dashboard/rasmodel?tab=model&date=2026-03-02#addedStmts", 23),
        ("a tweet with x.co and b.com", 14 + 23 + 5 + 23 - 1),
        ("日本語", 6),
        ("👨‍👩‍👧‍👦", 2),
        ("É", 1),
    ]:
        assert weight(text) == expected, text
