from __future__ import annotations

import logging

import pytest

from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import left_out_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.left_out import MAX_LOGGED, LeftOutList

DAYS = [f"2026-03-0{day}-17-00-00" for day in range(1, 7)]


def _save(bucket: Bucket, day: int, *files: str) -> str | None:
    found = LeftOutList()
    for file in files:
        found.add("file", file, "it is not JSON", "inbox/rasmodel")
    return found.save(bucket, "rasmodel", Stage.MODEL_UPDATE, DAYS[day])


def _new(bucket: Bucket, key: str | None) -> list[str]:
    assert key is not None
    return [item.item for item in parse_left_out(bucket.read_json(key)).items if item.new]


def test_an_item_is_new_until_a_list_had_it(bucket: Bucket) -> None:
    assert _new(bucket, _save(bucket, 0, "1.json")) == ["1.json"]
    assert _new(bucket, _save(bucket, 1, "1.json", "2.json")) == ["2.json"]
    assert _new(bucket, _save(bucket, 2, "1.json", "2.json")) == []


def test_a_round_that_is_run_again_writes_the_same(bucket: Bucket) -> None:
    _save(bucket, 0, "1.json")
    key = _save(bucket, 1, "1.json", "2.json")
    assert key is not None
    first = bucket.read_bytes(key)
    _save(bucket, 2, "2.json")
    _save(bucket, 1, "1.json", "2.json")
    assert bucket.read_bytes(key) == first


def test_nothing_is_written_for_nothing_but_the_end_of_a_list(bucket: Bucket) -> None:
    assert _save(bucket, 0) is None
    _save(bucket, 1, "1.json")
    key = _save(bucket, 2)
    assert key == left_out_key("rasmodel", "model_update", DAYS[2])
    assert parse_left_out(bucket.read_json(key)).count == 0
    assert _save(bucket, 3) is None
    # What comes back after it was gone is news.
    assert _new(bucket, _save(bucket, 4, "1.json")) == ["1.json"]


def test_a_round_run_again_without_its_fault_forgets_it(bucket: Bucket) -> None:
    key = _save(bucket, 0, "1.json")
    assert key is not None
    assert _save(bucket, 0) == key
    assert parse_left_out(bucket.read_json(key)).count == 0


def test_lists_of_other_stages_and_models_do_not_count(bucket: Bucket) -> None:
    found = LeftOutList()
    found.add("test", "1", "odd")
    found.save(bucket, "rasmodel", "tests_a", DAYS[0])
    found.save(bucket, "marm", "tests_a_b", DAYS[0])
    assert _new(bucket, found.save(bucket, "rasmodel", "tests_a_b", DAYS[1])) == ["1"]


def test_a_list_that_cannot_be_read_costs_no_round(bucket: Bucket) -> None:
    bucket.write_bytes(left_out_key("rasmodel", "model_update", DAYS[0]), b"{", "text/plain")
    assert _new(bucket, _save(bucket, 1, "1.json")) == ["1.json"]


def test_each_item_is_one_printable_warning(caplog: pytest.LogCaptureFixture) -> None:
    found = LeftOutList()
    found.add("statement", "RAF\x00\nMEK", "NUL \udc80", "inbox/1.json")
    found.add("statement", "RAF\x00\nMEK", "again", "inbox/1.json")
    assert [record.getMessage() for record in caplog.records] == [
        r"left out: statement RAF\x00\nMEK (inbox/1.json): NUL \udc80"
    ]
    assert caplog.records[0].levelno == logging.WARNING
    assert found.summary == "left out: 1 statement"


def test_the_log_is_not_flooded(caplog: pytest.LogCaptureFixture) -> None:
    found = LeftOutList()
    for number in range(10 * MAX_LOGGED):
        found.add("statement", str(number), "odd")
    assert len(caplog.records) == MAX_LOGGED + 1
    assert found.summary == f"left out: {10 * MAX_LOGGED} statements"


def test_lists_can_be_joined(caplog: pytest.LogCaptureFixture) -> None:
    one, other = LeftOutList(), LeftOutList()
    one.add("file", "a", "odd")
    other.add("file", "a", "odd")
    other.add("export", "sbml", "odd")
    one.extend(other)
    assert one.counts == {"export": 1, "file": 1}
