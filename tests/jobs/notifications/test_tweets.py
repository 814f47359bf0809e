"""A model's news as tweets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.notifications.round_stats import load_round_stats
from emmaa_jobs.notifications.tweets import (
    LONGEST,
    LONGEST_NAME,
    shortened,
    tweet_letters,
    weight,
)
from tests.jobs.notifications.stats_writer import StatsWriter

ROUND = "2026-03-02-10-00-00"
LINK_WEIGHT = 23


def texts(bucket: Bucket, *corpora: str) -> list[str]:
    stats = load_round_stats(bucket, "rasmodel", corpora, date_str=ROUND)
    letters = tweet_letters("ras", "rasmodel", stats, "emmaa.indra.bio")
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
    said, _, link = text.rpartition(" ")
    assert link.startswith("https://")
    assert LONGEST - 40 < weight(said + " ") + LINK_WEIGHT <= LONGEST
    assert "…” with my Unsigned Graph model. See" in said


@given(st.text())
def test_a_shortened_name_fits_on_one_line(name: str) -> None:
    short = shortened(name)
    assert weight(short) <= LONGEST_NAME
    assert len(short.splitlines()) <= 1
    plain = " ".join(name.split())
    assert short == plain or plain.startswith(short.removesuffix("…"))
