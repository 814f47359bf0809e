"""Users, queries, subscriptions and results."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.primary_tables import ResultRow
from emmaa_jobs.db.query_database import NewResult, QueryDatabase, StoredQuery, User
from tests.jobs.example_counts import examples

PATH = {"type": "path_property", "path": {"type": "Activation"}}
HASH = -23078353002754841
MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}-12-00-00" for day in (2, 3, 4))


def register(
    queries: QueryDatabase, query_hash: int = HASH, model: str = "rasmodel", user: int | None = None
) -> None:
    json = {**PATH, "hash": query_hash}
    queries.register_query(query_hash, model, json, "path_property", user, user is not None)


def answer(round_date: str | None, *delta: str, mc_type: str = "pysb") -> NewResult:
    items = {key: f"item {key}" for key in delta}
    return NewResult(HASH, mc_type, items, delta, delta, round_date)


def test_user_is_added_once(queries: QueryDatabase) -> None:
    first = queries.add_user("ada@example.org")
    assert queries.add_user("ada@example.org") == first
    assert queries.add_user("eve@example.org") != first
    assert queries.add_user("bob@example.org", user_id=77) == 77


def test_query_is_stored_once_and_counted(queries: QueryDatabase) -> None:
    ada = queries.add_user("ada@example.org")
    for subscribe in (False, True, False):
        queries.register_query(HASH, "rasmodel", PATH, "path_property", ada, subscribe)
    assert queries.subscribed_queries("rasmodel") == [
        StoredQuery(HASH, "rasmodel", PATH, "path_property")
    ]
    assert queries.query_subscribers() == [User(ada, "ada@example.org")]


def test_anonymous_queries_have_no_subscriber(queries: QueryDatabase) -> None:
    register(queries)
    register(queries)
    assert queries.subscribed_queries("rasmodel") == []
    assert queries.query_subscribers() == []


def test_query_of_several_subscribers_is_answered_once(queries: QueryDatabase) -> None:
    for email in ("ada@example.org", "eve@example.org"):
        register(queries, user=queries.add_user(email))
    assert len(queries.subscribed_queries("rasmodel")) == 1
    assert [user.email for user in queries.query_subscribers()] == [
        "ada@example.org",
        "eve@example.org",
    ]


def test_hash_of_another_model_is_refused(queries: QueryDatabase) -> None:
    register(queries)
    with pytest.raises(InputError, match="is taken by a query of model 'rasmodel'"):
        register(queries, model="other")


def test_model_subscription_can_end_and_begin_again(queries: QueryDatabase) -> None:
    ada = queries.add_user("ada@example.org")
    name = "a model with a name of more than twenty letters"
    queries.subscribe_to_model(ada, name)
    queries.subscribe_to_model(ada, name)
    assert queries.model_subscribers(name) == [User(ada, "ada@example.org")]
    assert queries.model_subscribers("a model") == []
    queries.unsubscribe(ada, models=[name])
    assert queries.model_subscribers(name) == []
    queries.subscribe_to_model(ada, name)
    assert len(queries.model_subscribers(name)) == 1


def test_unsubscribed_query_is_not_answered(queries: QueryDatabase) -> None:
    ada = queries.add_user("ada@example.org")
    register(queries, user=ada)
    queries.unsubscribe(ada, query_hashes=[HASH])
    assert queries.subscribed_queries("rasmodel") == []
    assert queries.query_subscribers() == []


def test_result_comes_back_as_it_was(queries: QueryDatabase) -> None:
    register(queries)
    queries.add_results(
        [NewResult(HASH, "pysb", {"2413475507": "BRAF → MAP2K1"}, ["1", "2"], ["2"], MONDAY)]
    )
    stored = queries.latest_result(HASH, "pysb")
    assert stored is not None
    assert stored.result_json == {"2413475507": "BRAF → MAP2K1"}
    assert stored.all_result_hashes == ["1", "2"]
    assert stored.delta == ["2"]
    assert stored.date == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert queries.latest_result(HASH, "signed_graph") is None


def test_latest_and_previous_round(queries: QueryDatabase) -> None:
    register(queries)
    queries.add_results([answer(TUESDAY, "b"), answer(MONDAY, "a"), answer(WEDNESDAY, "c")])

    def delta(before: str | None) -> list[str] | None:
        found = queries.latest_result(HASH, "pysb", before)
        return found.delta if found else None

    assert delta(None) == ["c"]
    assert delta(WEDNESDAY) == ["b"]
    assert delta(TUESDAY) == ["a"]
    assert delta(MONDAY) is None


def test_round_answered_again_replaces_its_own_row_alone(queries: QueryDatabase) -> None:
    register(queries)
    queries.add_results([answer(MONDAY, "a"), answer(MONDAY, "x", mc_type="signed_graph")])
    queries.add_results([answer(TUESDAY, "b")])
    queries.add_results([answer(MONDAY, "a2")])
    found = [(row.mc_type, row.round_date, row.delta) for row in queries.results(HASH)]
    assert sorted(found) == [
        ("pysb", MONDAY, ["a2"]),
        ("pysb", TUESDAY, ["b"]),
        ("signed_graph", MONDAY, ["x"]),
    ]


def test_answers_outside_rounds_are_all_kept(queries: QueryDatabase) -> None:
    register(queries)
    queries.add_results([answer(None, "a"), answer(None, "b"), answer(MONDAY, "old")])
    assert len(queries.results(HASH)) == 3
    latest = queries.latest_result(HASH, "pysb")
    assert latest is not None
    assert latest.delta == ["b"]
    before = queries.latest_result(HASH, "pysb", TUESDAY)
    assert before is not None
    assert before.delta == ["old"]


def test_one_bad_answer_stores_none(queries: QueryDatabase) -> None:
    register(queries)
    with pytest.raises(InputError, match="round date"):
        queries.add_results([answer(MONDAY, "a"), answer("yesterday", "b")])
    assert queries.results(HASH) == []


def test_news_are_the_newest_answers_with_anything_new(queries: QueryDatabase) -> None:
    ada, eve = (queries.add_user(f"{name}@example.org") for name in ("ada", "eve"))
    register(queries, 1, "a", ada)
    register(queries, 2, "b", ada)
    register(queries, 3, "b", eve)
    queries.add_results(
        [
            NewResult(1, "pysb", {}, ["x"], ["x"], MONDAY),
            NewResult(1, "pysb", {}, ["x"], [], TUESDAY),
            NewResult(1, "signed_graph", {}, [], [], MONDAY),
            NewResult(1, "signed_graph", {}, ["z", "y"], ["z", "y"], TUESDAY),
            NewResult(2, "pysb", {}, ["w"], ["w"], MONDAY),
            NewResult(3, "pysb", {}, ["v"], ["v"], MONDAY),
        ]
    )
    news = [(item.query.hash, item.mc_type, item.delta) for item in queries.subscribed_news(ada)]
    assert news == [(1, "signed_graph", ["y", "z"]), (2, "pysb", ["w"])]


def test_an_answer_without_a_date_is_older_than_all_others(queries: QueryDatabase) -> None:
    """The original's table allows it; databases put nulls at opposite ends."""
    register(queries)
    queries.add_results([answer(None, "undated")])
    with Session(queries._engine) as session, session.begin():
        session.execute(update(ResultRow).values(date=None))
    undated = queries.latest_result(HASH, "pysb", MONDAY)
    assert undated is not None
    assert undated.delta == ["undated"]
    queries.add_results([answer(TUESDAY, "dated")])
    latest = queries.latest_result(HASH, "pysb")
    assert latest is not None
    assert latest.delta == ["dated"]
    assert [result.delta for result in queries.results(HASH)] == [["undated"], ["dated"]]


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rounds=st.lists(
        st.tuples(
            st.sampled_from([MONDAY, TUESDAY, WEDNESDAY]), st.lists(st.text("ab", max_size=2))
        ),
        max_size=6,
    )
)
def test_rounds_in_any_order_and_repeated(
    queries: QueryDatabase, rounds: list[tuple[str, list[str]]]
) -> None:
    mc_type = f"mc{zlib.crc32(repr(rounds).encode())}"
    register(queries)
    for round_date, delta in rounds:
        queries.add_results([answer(round_date, *delta, mc_type=mc_type)])
    last_of_round = dict(rounds)
    stored = {row.round_date: row.delta for row in queries.results(HASH) if row.mc_type == mc_type}
    assert stored == last_of_round
    latest = queries.latest_result(HASH, mc_type)
    assert (latest and latest.round_date) == max(last_of_round, default=None)


def test_a_null_in_a_delta_is_ignored(
    queries: QueryDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    ada = queries.add_user("ada@example.org")
    register(queries, user=ada)
    queries.add_results([answer(MONDAY, "x")])
    with Session(queries._engine) as session, session.begin():
        session.execute(update(ResultRow).values(delta=["x", None]))
    (news,) = queries.subscribed_news(ada)
    assert news.delta == ["x"]
    assert "has a null, which is ignored" in caplog.text


def test_a_user_is_added_beside_users_whose_ids_the_authentication_gave(
    queries: QueryDatabase,
) -> None:
    assert queries.add_user("ada@example.org", user_id=1) == 1
    assert queries.add_user("grace@example.org") == 2


def test_an_id_of_another_user_is_refused(queries: QueryDatabase) -> None:
    queries.add_user("ada@example.org", user_id=7)
    with pytest.raises(InputError, match="user id 7 is another user's"):
        queries.add_user("grace@example.org", user_id=7)
