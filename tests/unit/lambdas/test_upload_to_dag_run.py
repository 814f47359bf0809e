"""S3 events in, DAG runs out, over both ways to Airflow."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from lambdas.upload_to_dag_run.handler import UploadsFailedError
from lambdas.upload_to_dag_run.records import MalformedEventError
from tests.unit.lambdas.events import DATE, event, model_record, record, sample
from tests.unit.lambdas.fake_airflow import FakeAirflow, Fault
from tests.unit.lambdas.function import Function


@pytest.mark.parametrize(
    ("metadata", "made_by"),
    [
        (
            {"emmaa-dag-id": "emmaa_update_pipeline", "emmaa-run-id": "manual__1"},
            ", made by run manual__1 of emmaa_update_pipeline",
        ),
        ({}, ", made by no run"),
        ({"emmaa-notify": "perhaps"}, ""),
        (None, ""),
    ],
)
def test_a_runs_note_names_model_round_and_what_made_the_upload(
    either: FakeAirflow, function: Function, metadata: dict[str, str] | None, made_by: str
) -> None:
    if metadata is not None:
        either.metadata["/emmaa/models/rasmodel/model_2026-03-02-17-04-08.json.gz"] = metadata
    function(sample("model"))
    [body] = either.runs.values()
    assert body["note"] == f"Upload of rasmodel, round 2026-03-02-17-04-08{made_by}"


def test_a_model_starts_its_assembly(either: FakeAirflow, function: Function) -> None:
    assert function(sample("model")) == {"started": 1}

    [((dag_id, run_id), body)] = either.runs.items()
    assert dag_id == "emmaa_mm_update"
    assert body == {
        "dag_run_id": run_id,
        "logical_date": None,
        "conf": {
            "model": "rasmodel",
            "date": "2026-03-02-17-04-08",
            "bucket": "emmaa",
            "key": "models/rasmodel/model_2026-03-02-17-04-08.json.gz",
            "etag": "9b2cf535f27731c974343645a3985328",
        },
        "note": "Upload of rasmodel, round 2026-03-02-17-04-08",
    }
    assert run_id.startswith("upload__rasmodel__2026-03-02-17-04-08__")


def test_a_model_manager_starts_what_follows(either: FakeAirflow, function: Function) -> None:
    assert function(sample("model_manager")) == {"started": 1}

    [(dag_id, _)] = either.runs
    assert dag_id == "emmaa_after_update"


def test_ten_deliveries_make_one_run(either: FakeAirflow, function: Function) -> None:
    answers = [function(sample("model")) for _ in range(10)]

    assert answers == [{"started": 1}] + [{"exists": 1}] * 9
    assert len(either.runs) == 1


def test_the_same_record_twice_in_one_event_makes_one_run(
    either: FakeAirflow, function: Function
) -> None:
    assert function(event(model_record(), model_record())) == {"started": 1, "exists": 1}
    assert len(either.runs) == 1


def test_new_content_under_the_same_key_makes_another_run(
    either: FakeAirflow, function: Function
) -> None:
    function(event(model_record(etag="one")))
    function(event(model_record(etag="two")))

    assert [conf["etag"] for conf in either.confs] == ["one", "two"]


@pytest.mark.parametrize(
    "model", ["with space", "a+b", "100%", "%2F", "café", "日本", "a&b=c", "quo'te\"", "tr~ick.y"]
)
def test_odd_names_come_through(either: FakeAirflow, function: Function, model: str) -> None:
    assert function(event(model_record(model))) == {"started": 1}

    [conf] = either.confs
    assert conf["model"] == model
    assert conf["key"] == f"models/{model}/model_{DATE}.json.gz"


def test_the_sample_of_an_odd_key(either: FakeAirflow, function: Function) -> None:
    function(sample("odd_key"))

    assert [conf["model"] for conf in either.confs] == ["café au lait 100%+"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("other_object", "not the key of a model or a model manager"),
        ("removed", "ObjectRemoved:Delete is not an upload"),
        ("test_event", "s3:TestEvent"),
    ],
)
def test_what_is_no_upload_is_logged_and_ignored(
    either: FakeAirflow, function: Function, name: str, reason: str
) -> None:
    assert function(sample(name)) == {"ignored": 1}
    assert either.requests == []
    assert [line["reason"] for line in function.log] == [reason]


def test_an_empty_event_is_nothing(either: FakeAirflow, function: Function) -> None:
    assert function(event()) == {}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "models/rasmodel/model.json.gz",
        {},
        {"eventSource": "aws:sqs", "body": "{}"},
        {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"},
        {"s3": {"bucket": {"name": "emmaa"}}},
        {"s3": {"bucket": {"name": "emmaa"}, "object": {"key": None, "eTag": "x"}}},
        {"s3": {"bucket": {}, "object": {"key": "models/a/config.json", "eTag": "x"}}},
        {"s3": {"bucket": {"name": "emmaa"}, "object": {"key": "models/%FF/x", "eTag": "x"}}},
        {"s3": {"bucket": "emmaa", "object": {"key": "models/a/config.json", "eTag": "x"}}},
        model_record("without-etag", etag=None),
    ],
)
def test_a_malformed_record_is_an_error_after_all_others_are_done(
    either: FakeAirflow, function: Function, bad: Any
) -> None:
    with pytest.raises(MalformedEventError, match=r"1 of 3 records .*record 1: its? "):
        function(event(model_record("one"), bad, model_record("two")))

    assert [conf["model"] for conf in either.confs] == ["one", "two"]
    assert function.outcomes == ["started", "malformed", "started"]


def test_a_record_without_object_never_takes_another_s_key(
    either: FakeAirflow, function: Function
) -> None:
    with pytest.raises(MalformedEventError):
        function(sample("mixed"))

    assert [dag_id for dag_id, _ in either.runs] == ["emmaa_mm_update", "emmaa_after_update"]
    assert function.outcomes == ["ignored", "malformed", "started", "ignored", "started"]


@pytest.mark.parametrize("bad", [None, [], "x", {}, {"Records": None}, {"Records": {"s3": {}}}])
def test_what_is_no_s3_event_is_an_error(either: FakeAirflow, function: Function, bad: Any) -> None:
    with pytest.raises(MalformedEventError, match="not an S3 event"):
        function(bad)
    assert either.requests == []


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500, 503])
def test_a_refusal_is_raised_for_lambda_to_deliver_again(
    either: FakeAirflow, function: Function, status: int
) -> None:
    # Twice, for a refused token is renewed once.
    either.faults.extend([Fault(status), Fault(status)])
    with pytest.raises(UploadsFailedError, match=f"record 0: .*HTTP {status} .*emmaa_mm_update"):
        function(sample("model"))
    assert either.runs == {}
    either.faults.clear()

    assert function(sample("model")) == {"started": 1}


def test_one_failure_does_not_keep_others_from_being_started(
    either: FakeAirflow, function: Function
) -> None:
    batch = event(model_record("one"), model_record("two"), model_record("three"))
    either.faults.append(Fault(500))
    with pytest.raises(UploadsFailedError, match=r"1 of 3 records .*record 0: AirflowError"):
        function(batch)

    assert function.outcomes == ["failed", "started", "started"]
    assert function(batch) == {"started": 1, "exists": 2}
    assert sorted(conf["model"] for conf in either.confs) == ["one", "three", "two"]


def test_a_failure_is_raised_also_where_another_record_is_malformed(
    either: FakeAirflow, function: Function
) -> None:
    either.faults.append(Fault(500))
    with pytest.raises(UploadsFailedError, match=r"2 of 2 records .*record 0: .*; record 1: "):
        function(event(model_record(), {}))


def test_an_answer_that_is_lost_does_not_make_a_second_run(
    either: FakeAirflow, function: Function
) -> None:
    either.faults.append(Fault(0, then_store=True))
    with contextlib.suppress(UploadsFailedError):  # over MWAA, boto3 itself asks again
        function(sample("model"))

    assert function(sample("model")) == {"exists": 1}
    assert len(either.runs) == 1


def test_each_record_has_a_line_of_json_in_the_log(either: FakeAirflow, function: Function) -> None:
    function(event(record("models/rasmodel/config.json"), model_record("café au lait")))

    ignored, started = function.log
    assert ignored == {
        "level": "INFO",
        "outcome": "ignored",
        "record": 0,
        "request_id": "request-1",
        "bucket": "emmaa",
        "key": "models/rasmodel/config.json",
        "reason": "not the key of a model or a model manager",
    }
    [(dag_id, run_id)] = either.runs
    assert started == {
        "level": "INFO",
        "outcome": "started",
        "record": 1,
        "request_id": "request-1",
        "bucket": "emmaa",
        "key": f"models/café au lait/model_{DATE}.json.gz",
        "etag": "9b2cf535",
        "dag_id": dag_id,
        "run_id": run_id,
    }


def test_an_error_is_logged_as_such(either: FakeAirflow, function: Function) -> None:
    either.faults.append(Fault(500, b'{"detail": "database is locked"}'))
    with pytest.raises(UploadsFailedError):
        function(event(model_record(), {}))

    assert [line["level"] for line in function.log] == ["ERROR", "ERROR"]
    assert "database is locked" in function.log[0]["reason"]
