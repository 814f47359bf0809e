"""The queries job: subscribed queries of a model, answered in one round."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from answer_queries_from_s3 import main
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.queries.answering import SEARCHERS
from emmaa_jobs.queries.job import answer_subscribed_queries
from emmaa_jobs.queries.path_search import PathSearch
from emmaa_jobs.queries.query_types import QUERY_TYPES
from run_email_notifications import main as mail_queries
from tests.jobs.queries.ras_model import (
    DAY1,
    DAY2,
    MODEL,
    NOT_HANDLED,
    RasModel,
    braf_map2k1,
    path_query,
    ras_statements,
)
from tests.jobs.repository import REPOSITORY


def test_the_script_answers_the_round_that_it_is_given(ras_model: RasModel) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements())
    ras_model.write_round(DAY2, [])
    line = main(["--model", MODEL, "--date-str", DAY1])
    assert line == f"round {DAY1}: 1 queries answered, 1 answers, 0 with news"
    assert [row.round_date for row in ras_model.results(query)] == [DAY1]


def test_news_of_a_silent_run_are_told_by_no_mail(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras = ras_statements()
    for date, statements in ((DAY1, ras), (DAY2, [*ras, braf_map2k1()])):
        ras_model.write_round(date, statements)
        with monkeypatch.context() as backfill:
            backfill.setenv("EMMAA_NOTIFY", "false")
            main(["--model", MODEL, "--date-str", date])
    assert ras_model.results(query)[-1].delta, "the dashboard shows them all the same"
    assert mail_queries(["--dry-run"]) == "dry run: 0 mails would be sent"
    main(["--model", MODEL, "--date-str", DAY2])
    assert mail_queries(["--dry-run"]) == "dry run: 1 mails would be sent"


def test_without_subscribers_there_is_nothing_to_do(
    database: QueryDatabase, bucket: Bucket
) -> None:
    database.register_query(1, MODEL, path_query("EGF", "MAPK1"), "path_property", None, False)
    assert main(["-m", MODEL]).startswith("nothing to do: nobody is subscribed")


def test_nothing_to_do_is_found_out_without_indra(database: QueryDatabase) -> None:
    code = (
        "import sys; from answer_queries_from_s3 import main;"
        " print(main(['--model', 'rasmodel'])); print('indra' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_other_models_queries_are_left_alone(bucket: Bucket, database: QueryDatabase) -> None:
    user = database.add_user("reader@example.org")
    database.register_query(1, "aml", path_query("EGF", "MAPK1"), "path_property", user, True)
    assert "nothing to do" in answer_subscribed_queries(bucket, database, MODEL)


def test_every_type_of_query_is_answered() -> None:
    assert set(SEARCHERS) == set(QUERY_TYPES.values())


def test_queries_that_ask_the_same_are_answered_each(ras_model: RasModel) -> None:
    """As an agent with other references, or one that the web service gave another hash."""
    ras_model.write_round(DAY1, ras_statements())
    twin = path_query("EGF", "MAPK1")
    first = ras_model.subscribe(twin)
    twin["path"]["obj"]["db_refs"]["TEXT"] = "Erk-2"
    database = ras_model.database
    database.register_query(5, MODEL, twin, "path_property", database.add_user("eve@x.org"), True)
    assert "2 queries answered, 2 answers" in main(["-m", MODEL])
    (one,), (other,) = ras_model.results(first), ras_model.results(5)
    assert one.result_json == other.result_json


def test_no_answer_is_no_news_and_neither_is_the_same_one_after_it(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))

    def failing(*_: Any) -> Any:
        raise KeyError("a bug")

    def answer_round(day: int, statements: list[Any], fails: bool) -> None:
        date = f"2026-03-0{day}-17-00-00"
        ras_model.write_round(date, statements)
        with monkeypatch.context() as broken:
            if fails:
                broken.setattr(PathSearch, "answer", failing)
            ras_model.answer(date)

    ras = ras_statements()
    for day, fails in enumerate([True, False, True, False], start=1):
        answer_round(day, ras, fails)
    answer_round(5, [*ras, braf_map2k1()], fails=False)
    rows = ras_model.results(query)
    assert [row.result_json == NOT_HANDLED for row in rows] == [True, False, True, False, False]
    assert [bool(row.delta) for row in rows] == [False, True, False, False, True]


def test_a_model_without_rounds_is_named(ras_model: RasModel) -> None:
    ras_model.subscribe(path_query("EGF", "MAPK1"))
    with pytest.raises(MissingObjectError, match=r"update_model_manager.py --model rasmodel"):
        ras_model.answer()
