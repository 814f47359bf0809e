"""The job around the answers: what it needs, what it says, and what stops what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_FAULT, EXIT_UNAVAILABLE
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.cli import run_job
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.errors import MissingObjectError, SourceUnavailableError
from emmaa_jobs.queries.answering import SEARCHERS
from emmaa_jobs.queries.faults import UnansweredQueriesError
from emmaa_jobs.queries.job import answer_subscribed_queries
from emmaa_jobs.queries.path_search import PathSearch
from emmaa_jobs.queries.query_types import QUERY_TYPES
from scripts.answer_queries_from_s3 import main
from scripts.run_email_notifications import main as mail_queries

MODEL = "rasmodel"
DAY1, DAY2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"
REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_script_answers_the_round_that_it_is_given(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
) -> None:
    query = subscribe(path_query("EGF", "MAPK1"))
    write_round(DAY1, ras)
    write_round(DAY2, [])
    line = main(["--model", MODEL, "--date-str", DAY1])
    assert line == f"round {DAY1}: 1 queries answered, 1 answers, 0 with news"
    assert [row.round_date for row in database.results(query)] == [DAY1]


def test_news_of_a_silent_run_are_told_by_no_mail(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    braf_map2k1: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = subscribe(path_query("EGF", "MAPK1"))
    for date, statements in ((DAY1, ras), (DAY2, [*ras, braf_map2k1])):
        write_round(date, statements)
        with monkeypatch.context() as backfill:
            backfill.setenv("EMMAA_NOTIFY", "false")
            main(["--model", MODEL, "--date-str", date])
    assert database.results(query)[-1].delta, "the dashboard shows them all the same"
    assert mail_queries(["--dry-run"]) == "dry run: 0 mails would be sent"
    main(["--model", MODEL, "--date-str", DAY2])
    assert mail_queries(["--dry-run"]) == "dry run: 1 mails would be sent"


def test_without_subscribers_there_is_nothing_to_do(
    database: QueryDatabase, bucket: Bucket, path_query: Any
) -> None:
    database.register_query(1, MODEL, path_query("EGF", "MAPK1"), "path_property", None, False)
    assert main(["-m", MODEL]).startswith("nothing to do: nobody is subscribed")


def test_nothing_to_do_is_found_out_without_indra(database: QueryDatabase) -> None:
    code = (
        "import sys; from scripts.answer_queries_from_s3 import main;"
        " print(main(['--model', 'rasmodel'])); print('indra' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_other_models_queries_are_left_alone(
    bucket: Bucket, database: QueryDatabase, path_query: Any
) -> None:
    user = database.add_user("reader@example.org")
    database.register_query(1, "aml", path_query("EGF", "MAPK1"), "path_property", user, True)
    assert "nothing to do" in answer_subscribed_queries(bucket, database, MODEL)


def test_every_type_of_query_is_answered() -> None:
    assert set(SEARCHERS) == set(QUERY_TYPES.values())


def test_a_query_that_cannot_be_read_fails_the_job_after_the_others(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
) -> None:
    write_round(DAY1, ras)
    good = subscribe(path_query("EGF", "MAPK1"))
    user = database.add_user("reader@example.org")
    database.register_query(5, MODEL, {"type": "path_property"}, "path_property", user, True)
    with pytest.raises(InputError, match=r"query 5 cannot be read: .*field path"):
        answer_subscribed_queries(bucket, database, MODEL)
    assert len(database.results(good)) == 1


OUTAGE, FAULT, INPUT = SourceUnavailableError("down"), KeyError("a bug"), InputError("too large")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([OUTAGE, FAULT, INPUT], EXIT_UNAVAILABLE),
        ([INPUT, FAULT], EXIT_FAULT),
        ([INPUT, INPUT], EXIT_BAD_INPUT),
        ([EndpointConnectionError(endpoint_url="https://s3"), INPUT], EXIT_UNAVAILABLE),
    ],
)
def test_the_exit_code_tells_whether_another_attempt_helps(
    errors: list[Exception],
    code: int,
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_round(DAY1, ras)
    for name in ("EGF", "EGFR", "SOS1")[: len(errors)]:
        subscribe(path_query(name, "MAPK1"))
    good, pending = subscribe(path_query("RAF1", "MAPK1")), iter(errors)
    answer = PathSearch.answer

    def failing(self: PathSearch, query: Any) -> Any:
        if "RAF1" not in query.english():
            raise next(pending)
        return answer(self, query)

    monkeypatch.setattr(PathSearch, "answer", failing)
    assert run_job(main, ["-m", MODEL]) == code
    assert len(database.results(good)) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(all(str(error) in line for error in errors) for line in told)


def test_queries_that_ask_the_same_are_answered_each(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
) -> None:
    """As an agent with other references, or one that the web service gave another hash."""
    write_round(DAY1, ras)
    twin = path_query("EGF", "MAPK1")
    first = subscribe(twin)
    twin["path"]["obj"]["db_refs"]["TEXT"] = "Erk-2"
    database.register_query(5, MODEL, twin, "path_property", database.add_user("eve@x.org"), True)
    assert "2 queries answered, 2 answers" in main(["-m", MODEL])
    (one,), (other,) = database.results(first), database.results(5)
    assert one.result_json == other.result_json


def test_a_query_that_fails_does_not_stop_the_others(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_round(DAY1, ras, ["signed_graph", "unsigned_graph"])
    good, bad = subscribe(path_query("EGF", "MAPK1")), subscribe(path_query("KRAS", "MAPK1"))
    answer = PathSearch.answer

    def failing(self: PathSearch, query: Any) -> Any:
        if "KRAS" in query.english():
            raise KeyError("a node that is not there")
        return answer(self, query)

    monkeypatch.setattr(PathSearch, "answer", failing)
    with pytest.raises(UnansweredQueriesError, match=r"KRAS activates MAPK1.*unsigned_graph"):
        answer_subscribed_queries(bucket, database, MODEL)
    assert {row.mc_type for row in database.results(good)} == {"signed_graph", "unsigned_graph"}
    assert database.results(bad) == []


def test_a_model_without_rounds_is_named(
    bucket: Bucket, database: QueryDatabase, subscribe: Any, path_query: Any
) -> None:
    subscribe(path_query("EGF", "MAPK1"))
    with pytest.raises(MissingObjectError, match=r"update_model_manager.py --model rasmodel"):
        answer_subscribed_queries(bucket, database, MODEL)


def test_resources_that_are_absent_fail_the_job_before_any_answer(
    bucket: Bucket,
    database: QueryDatabase,
    ras: Any,
    write_round: Any,
    subscribe: Any,
    path_query: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_round(DAY1, ras)
    query = subscribe(path_query("EGF", "MAPK1"))
    monkeypatch.delenv("INDRA_RESOURCES")
    with pytest.raises(InputError, match=r"prepare_resources.py"):
        answer_subscribed_queries(bucket, database, MODEL)
    assert database.results(query) == []
