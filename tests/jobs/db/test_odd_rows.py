"""Rows that no version of this code wrote: one that cannot be read costs itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.queries.news import find_news
from tests.jobs.example_counts import examples
from tests.jobs.odd_columns import odd_values, set_value

ODD, FINE = 1, 2
ONE, TWO, THREE = (f"2026-03-0{day}-12-00-00" for day in (1, 2, 3))
COLUMNS = ["result.date", "result.all_result_hashes", "result.delta", "result.result_json",
           "query.json", "query.qtype"]  # fmt: skip


@pytest.fixture
def engine(queries: QueryDatabase) -> Engine:
    """Return a database with two subscribed queries that have an answer each."""
    user = queries.add_user("ada@example.org")
    for number in (ODD, FINE):
        document = {"type": "path_property", "number": number}
        queries.register_query(number, "rasmodel", document, "path_property", user, True)
    return database_engine("primary")


def answer(queries: QueryDatabase, query: int, round_date: str, *items: str) -> list[str]:
    before = queries.latest_result(query, "pysb", before_round=round_date)
    news = find_news(items, before.all_result_hashes if before else None)
    response = {item: item for item in items}
    queries.add_results(
        [NewResult(query, "pysb", response, news.all_hashes, news.delta, round_date)]
    )
    return news.delta


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), column=st.sampled_from(COLUMNS), spoiled=st.sampled_from([ONE, TWO]))
def test_an_odd_row_costs_no_other_query_its_answer(
    data: st.DataObject, column: str, spoiled: str, queries: QueryDatabase, engine: Engine
) -> None:
    value = data.draw(odd_values(column))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM result"))
        for number in (ODD, FINE):
            fine = json.dumps({"type": "path_property", "number": number})
            connection.execute(
                text("UPDATE query SET json = :json, qtype = NULL WHERE hash = :hash"),
                {"json": fine, "hash": number},
            )
    for number in (ODD, FINE):
        answer(queries, number, ONE, "a")
        assert answer(queries, number, TWO, "a", "b") == ["b"]
    is_result = column.startswith("result.")
    row = f"query_hash = {ODD} AND round_date = '{spoiled}'" if is_result else f"hash = {ODD}"
    set_value(engine, column, value, row)

    unreadable: dict[int, str] = {}
    stored = queries.subscribed_queries("rasmodel", unreadable.__setitem__)
    assert {*unreadable, *(query.hash for query in stored)} == {ODD, FINE}
    assert FINE not in unreadable
    for number in (ODD, FINE):
        answer(queries, number, TWO, "a", "b")  # the round again
    news = answer(queries, ODD, THREE, "a", "b", "c")
    assert set(news) <= {"a", "b", "c"}
    assert "c" in news
    assert answer(queries, FINE, THREE, "a", "b", "c") == ["c"]
