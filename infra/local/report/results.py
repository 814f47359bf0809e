"""Results of a cycle: statistics in S3, seconds of Batch jobs, mails that SES took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emmaa_cycle.dates import format_round
from emmaa_cycle.resources import BUCKET, JOB_QUEUES
from emmaa_cycle.s3_layout import corpus_stats_prefix, model_stats_prefix


@dataclass(frozen=True)
class TestOutcome:
    """One corpus' tests on one model type.

    :param passed: tests that the model explains
    :param applied: tests that could be applied
    :param new_passed: tests that it did not explain in the round before
    """

    __test__ = False  # not a pytest class

    corpus: str
    model_type: str
    passed: int
    applied: int
    new_passed: int


@dataclass(frozen=True)
class ModelOutcome:
    """One model's round.

    :param round_date: the round's ``<dt>``
    :param statements: assembled statements
    :param new_statements: English of those that the round before did not have
    """

    model: str
    round_date: str
    statements: int
    new_statements: tuple[str, ...]
    tests: tuple[TestOutcome, ...]


@dataclass(frozen=True)
class StageTime:
    """The Batch jobs of one stage.

    :param jobs: how many ran
    :param seconds: their run times' sum
    :param longest: the longest run time, seconds
    """

    stage: str
    jobs: int
    seconds: float
    longest: float


def model_outcome(s3: Any, model: str, corpora: list[str], since: datetime) -> ModelOutcome | None:
    """Return the newest round of a model, None if it has none since a moment."""
    stats_key = newest_key(s3, model_stats_prefix(model), since)
    if stats_key is None:
        return None
    stats = read_json(s3, stats_key)
    summary = stats["model_summary"]
    added = stats["model_delta"]["statements_hashes_delta"]["added"]
    return ModelOutcome(
        model=model,
        round_date=stats_key.removeprefix(model_stats_prefix(model)).removesuffix(".json"),
        statements=summary["number_of_statements"],
        new_statements=tuple(summary["all_stmts"][str(h)][1] for h in added),
        tests=tuple(
            outcome
            for corpus in corpora
            if (key := newest_key(s3, corpus_stats_prefix(model, corpus), since))
            for outcome in _test_outcomes(corpus, read_json(s3, key))
        ),
    )


def _test_outcomes(corpus: str, stats: dict[str, Any]) -> list[TestOutcome]:
    summary, delta = stats["test_round_summary"], stats["tests_delta"]
    return [
        TestOutcome(
            corpus=corpus,
            model_type=model_type,
            passed=value["number_passed_tests"],
            applied=summary["number_applied_tests"],
            new_passed=len(delta[model_type]["passed_hashes_delta"]["added"]),
        )
        for model_type, value in summary.items()
        if isinstance(value, dict) and "number_passed_tests" in value
    ]


def stage_times(batch: Any, since: datetime) -> list[StageTime]:
    """Run times of all Batch jobs since a moment, by the ``purpose`` that tags them."""
    seconds: dict[str, list[float]] = {}
    for job in _jobs(batch, since):
        if job.get("startedAt") and job.get("stoppedAt"):
            purpose = job.get("tags", {}).get("purpose", job["jobName"])
            seconds.setdefault(purpose, []).append((job["stoppedAt"] - job["startedAt"]) / 1000)
    return [
        StageTime(stage, len(times), sum(times), max(times)) for stage, times in seconds.items()
    ]


def _jobs(batch: Any, since: datetime) -> list[dict[str, Any]]:
    ids = []
    for queue in JOB_QUEUES:
        pages = batch.get_paginator("list_jobs").paginate(
            jobQueue=queue.name, filters=[{"name": "JOB_NAME", "values": ["*"]}]
        )
        ids += [
            job["jobId"]
            for page in pages
            for job in page["jobSummaryList"]
            if job["createdAt"] >= since.timestamp() * 1000
        ]
    jobs: list[dict[str, Any]] = []
    for start in range(0, len(ids), 100):
        jobs += batch.describe_jobs(jobs=ids[start : start + 100])["jobs"]
    return sorted(jobs, key=lambda job: job["createdAt"])


def newest_key(s3: Any, prefix: str, since: datetime, suffix: str = "") -> str | None:
    """Return the newest key of a prefix whose ``<dt>`` is not before a moment."""
    start_after = prefix + format_round(since)
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix=prefix, StartAfter=start_after
    )
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return max((key for key in keys if key.endswith(suffix)), default=None)


def read_json(s3: Any, key: str) -> Any:
    """Return a JSON object of the bucket."""
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
