"""``all_result_hashes``: bounded, and right for each round that is answered or answered again."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emmaa_jobs.db.known_hashes import KEPT_LISTS
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.queries.news import find_news
from tests.jobs.example_counts import examples

HASH = 7
ROUNDS = tuple(f"2026-03-0{day}-12-00-00" for day in range(1, 7))
ONE, TWO, THREE, *_, SIX = ROUNDS
EXAMPLES = itertools.count()


@pytest.fixture
def database(queries: QueryDatabase) -> QueryDatabase:
    queries.register_query(
        HASH, "rasmodel", {"type": "path_property"}, "path_property", None, False
    )
    return queries


def answer(
    database: QueryDatabase, round_date: str, *items: str, mc_type: str = "pysb"
) -> list[str]:
    """Answer a round as the job does, and return its news."""
    before = database.latest_result(HASH, mc_type, before_round=round_date)
    news = find_news(items, before.all_result_hashes if before else None)
    response = {item: f"item {item}" for item in items}
    database.add_results(
        [NewResult(HASH, mc_type, response, news.all_hashes, news.delta, round_date)]
    )
    return news.delta


def lists(database: QueryDatabase) -> list[list[str]]:
    return [row.all_result_hashes for row in database.results(HASH)]


def test_only_the_newest_answers_keep_the_list(database: QueryDatabase) -> None:
    for round_date, item in zip(ROUNDS, "abcdef", strict=True):
        answer(database, round_date, item)
    assert lists(database) == [[], [], [], [], [*"abcde"], [*"abcdef"]]
    assert [len(row.result_json) for row in database.results(HASH)] == [1] * 6


def test_the_newest_round_answered_again_has_its_news_again(database: QueryDatabase) -> None:
    for round_date, item in zip(ROUNDS, "abcdef", strict=True):
        answer(database, round_date, item)
    assert answer(database, SIX, "f", "g") == ["f", "g"]
    assert answer(database, SIX, "a", "g") == ["g"]


def test_a_past_round_answered_again_is_compared_with_those_before_it(
    database: QueryDatabase,
) -> None:
    for round_date, item in zip(ROUNDS, "abcdef", strict=True):
        answer(database, round_date, item)
    assert answer(database, THREE, "a", "b", "e", "x") == ["e", "x"]
    assert lists(database)[-1] == [*"abcdefx"], "reported news is no news in the next round"


def test_lists_of_the_original_are_taken_over(database: QueryDatabase) -> None:
    """They may know more than the answers that are left."""
    database.add_results([NewResult(HASH, "pysb", {"b": "b"}, ["a", "b"], [], ONE)])
    assert answer(database, TWO, "a", "c") == ["c"]
    assert answer(database, THREE, "a", "d") == ["d"]


def test_an_answer_between_rounds_counts(database: QueryDatabase) -> None:
    answer(database, ONE, "a")
    database.add_results([NewResult(HASH, "pysb", {"b": "b"}, ["a", "b"], ["b"])])
    assert answer(database, TWO, "b") == ["b"], "it was given later than the round"
    latest = database.latest_result(HASH, "pysb")
    assert latest is not None
    assert latest.round_date is None
    assert latest.all_result_hashes == ["a", "b"]


def test_model_types_and_queries_are_apart(database: QueryDatabase) -> None:
    answer(database, ONE, "a")
    assert answer(database, TWO, "a", mc_type="pybel") == []
    assert answer(database, THREE, "a", "b") == ["b"]
    assert sorted(lists(database)) == [["a"], ["a"], ["a", "b"]]


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    answers=st.lists(
        st.tuples(st.sampled_from(ROUNDS), st.sets(st.sampled_from("abcdefgh"), min_size=1)),
        max_size=10,
    )
)
def test_rounds_in_any_order(database: QueryDatabase, answers: list[tuple[str, set[str]]]) -> None:
    mc_type = f"mc{next(EXAMPLES)}"  # the database is one for all examples
    stored: dict[str, set[str]] = {}
    ever: dict[str, set[str]] = defaultdict(set)
    for round_date, items in answers:
        news = set(answer(database, round_date, *sorted(items), mc_type=mc_type))
        earlier = [each for each in stored if each < round_date]
        known = {item for each in earlier for item in stored[each]}
        reported = {item for each in earlier for item in ever[each]}
        first = not earlier
        assert news <= (set() if first else items - known), "news is what no earlier answer has"
        assert news >= (set() if first else items - reported), "and nothing else is left out"
        stored[round_date] = items
        ever[round_date] |= items
    rows = [row for row in database.results(HASH) if row.mc_type == mc_type]
    assert len([row for row in rows if row.all_result_hashes]) == min(KEPT_LISTS, len(rows))
