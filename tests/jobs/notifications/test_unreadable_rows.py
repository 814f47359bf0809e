"""A row that cannot be read costs itself: all other news are mailed."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from emmaa_cycle.dates import parse_round
from emmaa_cycle.exit_codes import EXIT_DONE, EXIT_UNDELIVERED
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.query_news import new_answer
from run_email_notifications import main
from tests.jobs.example_counts import examples
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.odd_columns import odd_values, set_value

SUNDAY, MONDAY, TUESDAY = (f"2026-03-0{day}-12-00-00" for day in (1, 2, 3))
EGF: dict[str, Any] = {"name": "EGF", "db_refs": {}}
MAPK1: dict[str, Any] = {"name": "MAPK1", "db_refs": {}}
PATH: dict[str, Any] = {
    "type": "path_property", "path": {"type": "Activation", "subj": EGF, "obj": MAPK1},
}  # fmt: skip
OPEN: dict[str, Any] = {
    "type": "open_search_query", "entity": MAPK1, "stmt_type": "Inhibition",
    "entity_role": "object", "terminal_ns": [],
}  # fmt: skip


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = database_engine("primary")
    yield engine
    engine.dispose()


@pytest.fixture
def news(queries: QueryDatabase, outbox: Outbox) -> QueryDatabase:
    """Two subscribers of two queries, each with one answer that holds something new."""
    for number, (user, query) in enumerate([("ada", PATH), ("bob", OPEN)], 1):
        user_id = queries.add_user(f"{user}@example.org")
        moment = parse_round(SUNDAY)
        queries.register_query(number, "rasmodel", query, query["type"], user_id, True, moment)
        queries.add_results([NewResult(number, "pysb", {}, ["x"], ["x"], MONDAY)])
    return queries


def spoil(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def body(outbox: Outbox, number: int) -> str:
    content: str = next(outbox[number].iter_parts()).get_content()
    return content


def test_a_null_in_a_delta_costs_itself(
    news: QueryDatabase, outbox: Outbox, engine: Engine
) -> None:
    spoil(engine, "UPDATE result SET delta = ARRAY[NULL, 'x'] WHERE query_hash = 1")
    assert run_job(main, []) == EXIT_DONE
    assert outbox.recipients() == ["ada@example.org", "bob@example.org"]


def test_an_answer_whose_delta_is_none_is_left_out_and_counted(
    news: QueryDatabase, outbox: Outbox, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    news.add_results([NewResult(1, "pybel", {}, ["y"], ["y"], MONDAY)])
    spoil(
        engine,
        "UPDATE result SET delta = ARRAY[['a'], ['b']] WHERE mc_type = 'pysb' AND query_hash = 1",
    )
    assert main([]) == "mails sent: 2; left out: 1 result"
    assert "left out: result result 1 (database primary, table result): TypeError" in caplog.text
    assert "PyBEL" in body(outbox, 0)
    assert "PySB" not in body(outbox, 0)


def test_a_query_of_an_old_class_is_named_by_its_number(
    news: QueryDatabase, outbox: Outbox, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"py/object": "emmaa.queries.PathProperty", "path_stmt": {"py/id": 3}}
    spoil(engine, "UPDATE query SET json = :json WHERE hash = 1", json=json.dumps(old))
    assert main([]) == "mails sent: 2"
    assert "- Query 1 (rasmodel, PySB)" in body(outbox, 0)
    assert "What inhibits MAPK1?" in body(outbox, 1)


def test_a_fault_in_reading_a_query_costs_its_sentence(
    news: QueryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_json: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'name'")

    monkeypatch.setattr("emmaa_jobs.notifications.query_news.query_from_json", broken)
    (found,) = news.subscribed_news(1)
    assert new_answer(found, Links("emmaa.example.org")).english == "Query 1"


def test_a_user_without_an_address_is_named_once(
    news: QueryDatabase, outbox: Outbox, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(engine, "UPDATE \"user\" SET email = '' WHERE email = 'ada@example.org'")
    assert run_job(main, []) == EXIT_UNDELIVERED
    assert "user 1: there is no mail address in the table user" in capsys.readouterr().out
    assert outbox.recipients() == ["bob@example.org"]
    news.add_results([NewResult(2, "pysb", {}, ["y"], ["y"], TUESDAY)])
    assert run_job(main, []) == EXIT_DONE
    assert "refused as before: 1 (user 1)" in capsys.readouterr().out


COLUMNS = st.sampled_from(
    ["result.delta", "result.date", "result.mc_type", "result.round_date", "query.json",
     "query.qtype", "query.model_id", "user.email", "user_query.date"]
)  # fmt: skip


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), column=COLUMNS)
def test_whatever_a_column_holds_all_others_hear_their_news(
    data: st.DataObject, column: str, news: QueryDatabase, engine: Engine
) -> None:
    table, name = column.split(".")
    key = {"result": "query_hash", "query": "hash", "user": "id", "user_query": "id"}[table]
    value = data.draw(odd_values(column))
    row = f"{key} = 1"
    spoil(engine, f'CREATE TABLE kept AS SELECT {name} FROM "{table}" WHERE {row}')  # noqa: S608
    try:
        set_value(engine, column, value, row)
        with redirect_stdout(io.StringIO()) as shown:
            main(["--dry-run"])
        assert "To: bob@example.org" in shown.getvalue()
        assert "What inhibits MAPK1?" in shown.getvalue()
    finally:
        set_value(engine, column, f"(SELECT {name} FROM kept)", row)  # noqa: S608
        spoil(engine, "DROP TABLE kept")


ENTRY = (
    "INSERT INTO notification (key, kind, scope, recipient, item, mail, status, attempts,"
    " reserved_at, finished_at, error)"
    " VALUES (:key, :kind, '', :recipient, 'i', 'm', :status, 1, {}, {}, 'x')"
)


@pytest.mark.parametrize("moment", ["'0044-03-15 BC'", "'20000-01-01'"])
@pytest.mark.parametrize(
    ("kind", "status"), [("query", "reserved"), ("refused", "refused")], ids=["mail", "refusal"]
)
def test_an_odd_entry_of_the_ledger_keeps_no_mail_back(
    kind: str, status: str, moment: str, news: QueryDatabase, outbox: Outbox, engine: Engine
) -> None:
    key = hashlib.sha256(f"{kind}\nada@example.org".encode()).hexdigest()
    values = {"key": key, "kind": kind, "recipient": "ada@example.org", "status": status}
    spoil(engine, ENTRY.format(moment, moment), **values)

    run_job(main, [])

    assert outbox.recipients() == ["ada@example.org", "bob@example.org"]
