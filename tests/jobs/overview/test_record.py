"""Each job writes its part of the overview last, and the part costs it nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.origin import Origin
from emmaa_cycle.overview.combined import parse_combined
from emmaa_cycle.overview.figures import OtherFigures
from emmaa_cycle.overview.part import Part, parse_part
from emmaa_cycle.s3_layout import combined_key, left_out_key, overview_key
from emmaa_cycle.stages import Stage
from emmaa_cycle.submitted_as import DEFINITION_VARIABLE
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.overview.this_job import job_in_shared_process, process_seconds

MODEL = "rasmodel"
DAY_1, DAY_2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"
KEY = overview_key(MODEL, "tests_ras_tests")


def record(bucket: Bucket, date: str = DAY_1, **keywords: Any) -> str:
    return record_stage(
        bucket,
        MODEL,
        Stage.TESTS,
        date,
        lambda: OtherFigures(counts={"applied": 3}),
        "3 tests applied",
        left_out=keywords.pop("left_out", LeftOutList()),
        corpus="ras_tests",
        **keywords,
    )


def stored(bucket: Bucket) -> Part:
    return parse_part(bucket.read_bytes(KEY))


def test_a_part_names_its_round_its_run_and_its_job(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DEFINITION_VARIABLE, "emmaa_jobdef")
    origin = Origin("emmaa_after_update", "upload__1")
    assert record(Bucket(bucket.name, bucket.client, origin)) == "3 tests applied"
    part = stored(bucket)
    assert (part.model, part.stage, part.corpus, part.date) == (
        MODEL, Stage.TESTS, "ras_tests", DAY_1,
    )  # fmt: skip
    assert (part.dag_id, part.run_id) == ("emmaa_after_update", "upload__1")
    assert part.summary == "3 tests applied"
    (run,) = part.jobs
    assert (run.date, run.definition) == (DAY_1, "emmaa_jobdef")
    assert 0 < run.seconds <= process_seconds() + 0.1


def test_a_job_in_a_shared_process_counts_its_own_seconds(bucket: Bucket) -> None:
    with job_in_shared_process("emmaa_testing_jobs_def"):
        record(bucket, DAY_1)
    with job_in_shared_process("emmaa_jobdef"):
        record(bucket, DAY_2)
    runs = stored(bucket).jobs
    assert [run.definition for run in runs] == ["emmaa_testing_jobs_def", "emmaa_jobdef"]
    # This process, which has imported all of the tests, is older.
    assert all(run.seconds < process_seconds() - 0.1 for run in runs)


def test_each_round_adds_its_job_and_an_old_one_changes_no_figures(bucket: Bucket) -> None:
    record(bucket, DAY_2)
    record(bucket, DAY_1, shown="an old round")
    record(bucket, DAY_1, shown="an old round")
    part = stored(bucket)
    assert (part.date, part.summary) == (DAY_2, "3 tests applied")
    assert [run.date for run in part.jobs] == [DAY_1, DAY_2]


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b" " * 100_000])
def test_a_part_that_cannot_be_read_is_replaced(bucket: Bucket, content: bytes) -> None:
    bucket.write_bytes(KEY, content, "application/json")
    assert record(bucket) == "3 tests applied"
    assert stored(bucket).date == DAY_1


def test_each_part_is_copied_to_one_object(bucket: Bucket) -> None:
    record(bucket)
    counts = OtherFigures(counts={"queries": 1})
    record_stage(
        bucket, MODEL, Stage.QUERIES, DAY_2, lambda: counts, "done", left_out=LeftOutList()
    )
    record(bucket, DAY_2)
    combined = parse_combined(MODEL, bucket.read_bytes(combined_key(MODEL)))
    assert list(combined.parts) == ["queries", "tests_ras_tests"]
    for scope, kept in combined.parts.items():
        key = overview_key(MODEL, scope)
        part = parse_part(bucket.read_bytes(key))
        assert kept.part == part.model_copy(update={"jobs": ()})
        assert kept.spent == part.spent
        assert kept.etag == bucket.client.head_object(Bucket=bucket.name, Key=key)["ETag"]
    assert combined.parts["tests_ras_tests"].spent[""].keys() == {DAY_1, DAY_2}


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b'{"model": "other"}', b" " * 3_000_000])
def test_copies_that_cannot_be_read_are_replaced(bucket: Bucket, content: bytes) -> None:
    bucket.write_bytes(combined_key(MODEL), content, "application/json")
    assert record(bucket) == "3 tests applied"
    combined = parse_combined(MODEL, bucket.read_bytes(combined_key(MODEL)))
    assert list(combined.parts) == ["tests_ras_tests"]


def refuse(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Let S3 refuse each put below a prefix."""
    call = BaseClient._make_api_call

    def make_api_call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "PutObject" and parameters["Key"].startswith(prefix):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)


def test_a_part_that_cannot_be_written_costs_itself_and_is_reported(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "overview/")
    left_out = LeftOutList()
    left_out.add("test", "number 3", "no statement", "ras_tests")
    summary = record(bucket, left_out=left_out)
    assert summary.startswith("3 tests applied; not done: overview (ClientError: ")
    listed = parse_left_out(bucket.read_json(left_out_key(MODEL, "tests_ras_tests", DAY_1)))
    assert [(item.kind, item.item, item.where) for item in listed.items] == [
        ("service", "overview", KEY),
        ("test", "number 3", "ras_tests"),
    ]


def test_also_if_the_list_cannot_be_written_either(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "")
    assert "not done: overview" in record(bucket)


def test_figures_that_cannot_be_made_cost_the_part(bucket: Bucket) -> None:
    def fail() -> OtherFigures:
        raise ZeroDivisionError

    summary = record_stage(
        bucket, MODEL, Stage.QUERIES, DAY_1, fail, "done", left_out=LeftOutList()
    )
    assert summary == "done; not done: overview (ZeroDivisionError: )"
