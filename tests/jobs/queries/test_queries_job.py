"""The job around the answers: what it needs, what it says, and what stops what."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from answer_queries_from_s3 import main
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
from run_email_notifications import main as mail_queries
from tests.jobs.queries.ras_model import MODEL, RasModel, braf_map2k1, path_query, ras_statements
from tests.jobs.repository import REPOSITORY

DAY1, DAY2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


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


def test_a_query_that_cannot_be_read_fails_the_job_after_the_others(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements())
    good = ras_model.subscribe(path_query("EGF", "MAPK1"))
    database = ras_model.database
    user = database.add_user("reader@example.org")
    database.register_query(5, MODEL, {"type": "path_property"}, "path_property", user, True)
    with pytest.raises(InputError, match=r"query 5 cannot be read: .*field path"):
        ras_model.answer()
    assert len(ras_model.results(good)) == 1


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
    ras_model: RasModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ras_model.write_round(DAY1, ras_statements())
    for name in ("EGF", "EGFR", "SOS1")[: len(errors)]:
        ras_model.subscribe(path_query(name, "MAPK1"))
    good, pending = ras_model.subscribe(path_query("RAF1", "MAPK1")), iter(errors)
    answer = PathSearch.answer

    def failing(self: PathSearch, query: Any) -> Any:
        if "RAF1" not in query.english():
            raise next(pending)
        return answer(self, query)

    monkeypatch.setattr(PathSearch, "answer", failing)
    assert run_job(main, ["-m", MODEL]) == code
    assert len(ras_model.results(good)) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(all(str(error) in line for error in errors) for line in told)


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


def test_a_query_that_fails_does_not_stop_the_others(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ras_model.write_round(DAY1, ras_statements(), ["signed_graph", "unsigned_graph"])
    good = ras_model.subscribe(path_query("EGF", "MAPK1"))
    bad = ras_model.subscribe(path_query("KRAS", "MAPK1"))
    answer = PathSearch.answer

    def failing(self: PathSearch, query: Any) -> Any:
        if "KRAS" in query.english():
            raise KeyError("a node that is not there")
        return answer(self, query)

    monkeypatch.setattr(PathSearch, "answer", failing)
    with pytest.raises(UnansweredQueriesError, match=r"KRAS activates MAPK1.*unsigned_graph"):
        ras_model.answer()
    answered = {row.mc_type for row in ras_model.results(good)}
    assert answered == {"signed_graph", "unsigned_graph"}
    assert ras_model.results(bad) == []


def test_a_model_without_rounds_is_named(ras_model: RasModel) -> None:
    ras_model.subscribe(path_query("EGF", "MAPK1"))
    with pytest.raises(MissingObjectError, match=r"update_model_manager.py --model rasmodel"):
        ras_model.answer()


def test_resources_that_are_absent_fail_the_job_before_any_answer(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ras_model.write_round(DAY1, ras_statements())
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    monkeypatch.delenv("INDRA_RESOURCES")
    with pytest.raises(InputError, match=r"prepare_resources.py"):
        ras_model.answer()
    assert ras_model.results(query) == []
