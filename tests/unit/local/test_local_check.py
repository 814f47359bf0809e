"""The check names every object that a cycle should have made and did not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import (
    corpus_stats_key,
    model_key,
    model_manager_key,
    model_stats_key,
    paper_ids_key,
)
from infra.local.report.check import missing_objects, round_keys
from infra.local.report.results import TestOutcome, model_outcome

SINCE = datetime(2026, 1, 2, tzinfo=UTC)
OLD, NEW, ROUND = "2026-01-01-10-00-00", "2026-01-02-10-00-00", "2026-01-02-10-01-00"
PLAN: dict[str, Any] = {
    "action": "update",
    "corpora": ["simple_tests"],
    "make_tests": True,
    "exports": {"indranet": "tsv", "pybel": "bel.nodelink.json.gz"},
}
EXPECTED = {"models": {"rasmodel": PLAN, "sandbox": {"action": "skip", "corpora": []}}}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def put(s3: Any, key: str, document: object = None) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())


def put_round(s3: Any) -> None:
    put(s3, model_key("rasmodel", NEW))
    put(s3, paper_ids_key("rasmodel", NEW))
    put(s3, model_manager_key("rasmodel", ROUND))
    for key in round_keys("rasmodel", PLAN, ROUND):
        put(s3, key)


def test_nothing_is_missing_after_a_whole_round(s3: Any) -> None:
    put_round(s3)
    assert missing_objects(s3, EXPECTED, SINCE) == []


@pytest.mark.parametrize("key", round_keys("rasmodel", PLAN, ROUND))
def test_each_object_of_the_round_is_needed(s3: Any, key: str) -> None:
    put_round(s3)
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert missing_objects(s3, EXPECTED, SINCE) == [key]


def test_yesterdays_round_does_not_count(s3: Any) -> None:
    put(s3, model_key("rasmodel", OLD))
    put(s3, paper_ids_key("rasmodel", OLD))
    put(s3, model_manager_key("rasmodel", OLD))
    assert missing_objects(s3, EXPECTED, SINCE) == [
        "models/rasmodel/model_…",
        "papers/rasmodel/paper_ids_…",
        "results/rasmodel/model_manager_…",
    ]


def test_outcome_names_what_is_new(s3: Any) -> None:
    statements = {"1": ["", "EGF activates EGFR.", ""], "2": ["", "EGFR binds GRB2.", ""]}
    put(
        s3,
        model_stats_key("rasmodel", ROUND),
        {
            "model_summary": {"number_of_statements": 2, "all_stmts": statements},
            "model_delta": {"statements_hashes_delta": {"added": ["2"], "removed": []}},
        },
    )
    put(
        s3,
        corpus_stats_key("rasmodel", "simple_tests", ROUND),
        {
            "test_round_summary": {
                "number_applied_tests": 3,
                "pysb": {"number_passed_tests": 2, "passed_ratio": 0.67},
            },
            "tests_delta": {"pysb": {"passed_hashes_delta": {"added": ["9"], "removed": []}}},
        },
    )
    outcome = model_outcome(s3, "rasmodel", ["simple_tests"], SINCE)
    assert outcome is not None
    assert (outcome.round_date, outcome.statements) == (ROUND, 2)
    assert outcome.new_statements == ("EGFR binds GRB2.",)
    assert outcome.tests == (TestOutcome("simple_tests", "pysb", 2, 3, 1),)
