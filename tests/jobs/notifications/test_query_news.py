"""New answers, described and grouped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from emmaa_jobs.db.query_database import QueryNews, StoredQuery
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.query_news import grouped, new_answer

LINKS = Links("emmaa.example.org")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATH: dict[str, Any] = {
    "type": "path_property",
    "path": {"type": "Activation", "subj": {"name": "EGF"}, "obj": {"name": "MAPK1"}},
}
OPEN: dict[str, Any] = {
    "type": "open_search_query",
    "entity": {"name": "MAP2K1"},
    "stmt_type": "Inhibition",
    "entity_role": "object",
    "terminal_ns": None,
}


def news(json: dict[str, Any], query_hash: int = 7, **fields: Any) -> QueryNews:
    query = StoredQuery(query_hash, "ras model", json, json["type"])
    return QueryNews(query, **{"mc_type": "signed_graph", "date": NOON, "delta": ["1"], **fields})


def test_static_and_open_answers_have_a_page() -> None:
    found = new_answer(news(PATH, -5), LINKS)
    assert found.english == "EGF activates MAPK1."
    assert found.model_type == "Signed Graph"
    assert found.url == (
        "https://emmaa.example.org/query/ras%20model?model_type=signed_graph&query_hash=-5&order=1"
    )
    assert new_answer(news(OPEN), LINKS).english == "What inhibits MAP2K1?"


def test_unreadable_query_is_told_by_its_number(caplog: pytest.LogCaptureFixture) -> None:
    found = new_answer(news({"type": "dynamic_property", "entity": None}), LINKS)
    assert (found.english, found.group, found.url) == ("Query 7", "dynamic", None)
    assert "query 7 of model ras model cannot be read" in caplog.text


def test_groups_in_the_mails_order_without_empty_ones() -> None:
    answers = [
        new_answer(news(json, number), LINKS)
        for number, json in enumerate([OPEN, PATH, OPEN, {"type": "dynamic_property"}])
    ]
    groups = grouped(answers, [answer.item for answer in answers[:3]], LINKS)
    assert [(group.url, len(group.answers)) for group in groups] == [
        ("https://emmaa.example.org/query?tab=static", 1),
        ("https://emmaa.example.org/query?tab=open", 2),
    ]


def test_news_is_the_same_until_its_delta_or_round_changes() -> None:
    monday = news(PATH, round_date="2026-03-02-12-00-00")
    same = [monday, replace(monday, date=datetime(2026, 3, 9, tzinfo=UTC))]
    other = [
        replace(monday, delta=["1", "2"]),
        replace(monday, round_date="2026-03-03-12-00-00"),
        replace(monday, mc_type="pysb"),
        news(PATH, 8, round_date="2026-03-02-12-00-00"),
        news(PATH),
    ]
    assert len({new_answer(item, LINKS).item for item in same}) == 1
    assert len({new_answer(item, LINKS).item for item in [monday, *other]}) == 6
