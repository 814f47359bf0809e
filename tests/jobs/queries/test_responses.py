"""Answers as stored, and what is new in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.queries.news import find_news
from emmaa_jobs.queries.responses import paths_response, text_hash, text_response

HASHES = st.sets(st.text("0123456789", min_size=1, max_size=4))


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("QUERY_NOT_APPLICABLE", "2413475507"),
        ("NO_PATHS_FOUND", "521653329"),
        ("STATEMENT_TYPE_NOT_HANDLED", "4022181801"),
    ],
)
def test_texts_have_the_hashes_of_the_original(code: str, number: str) -> None:
    assert text_response(RESULT_TEXT[code]) == {number: RESULT_TEXT[code]}


def path(*edges: list[str]) -> dict[str, object]:
    return {
        "path": "…",
        "edge_list": [
            {"edge": "…", "stmts": [["/evidence", text, ""] for text in texts]} for texts in edges
        ],
    }


FIRST = ["BRAF activates MAP2K1."]
SECOND = ["Active MAP2K1 activates MAPK1."]


def test_a_path_has_the_hash_of_its_sorted_sentences() -> None:
    text = "Active MAP2K1 activates MAPK1. BRAF activates MAP2K1."
    assert paths_response([path(FIRST, SECOND)]) == {text_hash(text): path(FIRST, SECOND)}
    assert text_hash(text) == "1584107316"


@given(st.lists(st.lists(st.text(max_size=3), max_size=3), max_size=4), st.data())
def test_the_order_of_sentences_does_not_change_the_hash(
    edges: list[list[str]], data: st.DataObject
) -> None:
    shuffled = [data.draw(st.permutations(edge)) for edge in data.draw(st.permutations(edges))]
    assert list(paths_response([path(*edges)])) == list(paths_response([path(*shuffled)]))


def test_paths_with_other_sentences_are_other_items() -> None:
    assert len(paths_response([path(FIRST), path(SECOND), path(FIRST, SECOND)])) == 3


@given(HASHES)
def test_the_first_answer_has_no_news(hashes: set[str]) -> None:
    news = find_news(hashes, None)
    assert news.delta == []
    assert news.all_hashes == sorted(hashes)


@given(HASHES, HASHES)
def test_news_are_what_no_earlier_answer_had(hashes: set[str], known: set[str]) -> None:
    news = find_news(hashes, known)
    assert set(news.delta) == hashes - known
    assert set(news.all_hashes) == hashes | known
    assert news.delta == sorted(news.delta)
    assert news.all_hashes == sorted(news.all_hashes)


@given(st.lists(HASHES, min_size=1))
def test_over_many_rounds_each_item_is_news_once_at_most(rounds: list[set[str]]) -> None:
    known, reported = None, []
    for hashes in rounds:
        news = find_news(hashes, known)
        reported += news.delta
        known = news.all_hashes
    assert len(reported) == len(set(reported))
    assert set(reported) | rounds[0] == set().union(*rounds)
