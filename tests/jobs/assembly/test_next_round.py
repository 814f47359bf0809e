"""Rounds that continue the one before, and rounds that are assembled from all raw statements."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from typing import Any

import pytest
from indra.pipeline import pipeline_functions

from emmaa_cycle.s3_layout import assembled_key, assembly_record_key, model_key
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import GZIP_TYPE, Bucket
from tests.jobs.assembly.daily_rounds import (
    DAYS,
    FIRST,
    MODEL,
    SECOND,
    activation,
    assert_same_anew,
    deliver,
    make_second_round,
    remove,
    write_config,
)  # fmt: skip
from tests.jobs.one_model import STEPS, make_statement_database

REMOVE_BOUND = {"function": "filter_grounded_only", "kwargs": {"remove_bound": True}}
NO_RECORD = (
    "all raw statements are assembled: no round before has a record of this config and these jobs"
)


def test_only_what_new_statements_touch_is_assembled(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_second_round(bucket)
    assert "2 of 4 raw statements are assembled" in caplog.messages


def test_a_day_without_new_statements_assembles_none(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    date_str = deliver(bucket, DAYS[1], FIRST)
    update_manager(bucket, MODEL, date_str)
    assert "0 of 3 raw statements are assembled" in caplog.messages
    before, now = (
        bucket.read_bytes(assembled_key(MODEL, each)) for each in (first_round, date_str)
    )
    assert now == before


def edit_assembled(bucket: Bucket, date_str: str) -> None:
    bucket.write_json(
        assembled_key(MODEL, date_str), bucket.read_json(assembled_key(MODEL, date_str))[1:]
    )


def remove_assembled(bucket: Bucket, date_str: str) -> None:
    remove(bucket, assembled_key(MODEL, date_str, ".jsonl"))


def break_assembled(bucket: Bucket, date_str: str) -> None:
    bucket.write_bytes(assembled_key(MODEL, date_str), b"no gzip", GZIP_TYPE)


def archive(bucket: Bucket, key: str) -> None:
    content = bucket.read_bytes(key)
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=content, StorageClass="GLACIER")


def archive_record(bucket: Bucket, date_str: str) -> None:
    archive(bucket, assembly_record_key(MODEL))


def edit_record(bucket: Bucket, date_str: str) -> None:
    stored = bucket.read_object(assembly_record_key(MODEL))
    content = gzip.compress(stored.text().read().replace("BRAF", "RAF1").encode())
    bucket.write_bytes(stored.key, content, GZIP_TYPE, stored.metadata)


def edit_state(bucket: Bucket, date_str: str) -> None:
    bucket.write_json(model_key(MODEL, date_str), bucket.read_json(model_key(MODEL, date_str))[1:])


def change_steps(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, [{"function": "run_preassembly"}])


def change_types(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, test={"mc_types": ["signed_graph"]})


def ask_for_export(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, export_formats=["indranet"])


@pytest.mark.parametrize(
    "change",
    [edit_assembled, remove_assembled, break_assembled, archive_record,
     edit_record, edit_state, change_steps, change_types, ask_for_export],
)  # fmt: skip
def test_what_has_changed_since_is_seen(
    bucket: Bucket,
    first_round: str,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Bucket, str], None],
) -> None:
    change(bucket, first_round)
    date_str = make_second_round(bucket)
    assert not [
        line for line in caplog.messages if line.endswith("of 4 raw statements are assembled")
    ]
    assert_same_anew(bucket, date_str)


def test_archived_files_of_the_round_before_are_not_needed(
    bucket: Bucket, first_round: str
) -> None:
    archive(bucket, assembled_key(MODEL, first_round))
    date_str = make_second_round(bucket)
    assert len(bucket.read_json_list(assembled_key(MODEL, date_str))) == len(FIRST)


@pytest.mark.parametrize(
    "fields",
    [
        {"test": {"mc_types": ["signed_graph", "pysb"]}},
        {"assembly": [{"function": "run_preassembly"}, {"function": "reduce_activities"}]},
        {"assembly": [{"function": "map_grounding"}]},
        {"assembly": [{"function": "run_preassembly"}, {"function": "map_grounding"}]},
        {"assembly": [{"function": "run_preassembly"}, REMOVE_BOUND]},
        {"assembly": {"main": STEPS, "dynamic": STEPS[-1:]}},
        {"export_formats": ["indranet"]},
    ],
)
def test_what_looks_at_all_statements_is_assembled_whole(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture, fields: dict[str, Any]
) -> None:
    write_config(bucket, **fields)
    for day, documents in ((DAYS[1], SECOND), (DAYS[2], FIRST)):
        update_manager(bucket, MODEL, deliver(bucket, day, documents))
    assert not [line for line in caplog.messages if "of 4 raw statements" in line]


def test_a_round_continues_the_newest_one_that_can_be_continued(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_export(bucket, first_round)
    make_second_round(bucket)
    write_config(bucket)
    date_str = deliver(bucket, DAYS[2], [activation("BRAF", "MAP2K1", "A third sentence.")])
    update_manager(bucket, MODEL, date_str)
    assert "3 of 5 raw statements are assembled" in caplog.messages
    assert_same_anew(bucket, date_str)


def test_a_past_round_leaves_the_record_of_the_newest(bucket: Bucket, first_round: str) -> None:
    make_second_round(bucket)
    before = bucket.read_bytes(assembly_record_key(MODEL))
    update_manager(bucket, MODEL, first_round)
    assert bucket.read_bytes(assembly_record_key(MODEL)) == before


def fail_on_raf1(stmts_in: list[Any], **_: Any) -> list[Any]:
    """Stand in for a step of INDRA's."""
    if any(statement.agent_list()[0].name == "RAF1" for statement in stmts_in):
        raise ValueError("a test's")
    return stmts_in


def test_statements_that_a_step_leaves_out_are_left_out_each_day(
    bucket: Bucket, first_round: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pipeline_functions, "filter_no_hypothesis", fail_on_raf1)
    write_config(bucket, [{"function": "filter_no_hypothesis"}, {"function": "run_preassembly"}])
    for day, documents in ((DAYS[1], SECOND), (DAYS[2], FIRST)):
        update = update_manager(bucket, MODEL, deliver(bucket, day, documents))
        assert [item.reason for item in update.left_out] == ["ValueError: a test's"]


def test_a_step_that_fails_on_all_new_statements_is_not_at_fault(
    bucket: Bucket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setitem(pipeline_functions, "filter_no_hypothesis", fail_on_raf1)
    make_statement_database()
    write_config(bucket, [{"function": "filter_no_hypothesis"}, {"function": "run_preassembly"}])
    update_manager(bucket, MODEL, deliver(bucket, DAYS[0], [activation("BRAF", "MAP2K1")]))
    failing = [activation("RAF1", "MAPK1", f"Sentence {n}.") for n in range(10)]
    update = update_manager(bucket, MODEL, deliver(bucket, DAYS[1], failing))
    assert [item.reason for item in update.left_out] == ["ValueError: a test's"]
    # Its record replaces the first round's: nothing is tried in vain each day.
    update_manager(bucket, MODEL, deliver(bucket, DAYS[2], SECOND))
    assert caplog.messages.count(NO_RECORD) == 2
