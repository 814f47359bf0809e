"""Overhead of a stage beyond its job, and the time until an upload's first job is submitted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.scheduler.airflow_side import STAGE_SECONDS, airflow_stack, follow
from benchmarks.scheduler.report import Row, percentile
from emmaa_cycle.dates import format_round
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import config_key, model_key
from infra.local.stack.process_stack import Stack

UPLOADS = 20
TRIAL = {"durations": [1], "uploads": 2}
#: Issue 4 asks for at most 1.1 × without naming a length. A real stage takes minutes; in a shorter
#: one the same seconds are a larger share.
GOAL, GOAL_SECONDS = "≤ 1.1 ×", 60
DAG_ID = "emmaa_mm_update"
MODEL = "bench"
CONFIG = b'{"search_terms": [], "run_daily_update": true, "assembly": {"main": []}}'
UPLOAD_SECONDS = 120.0


@dataclass(frozen=True)
class Latency:
    """One upload's way, seconds.

    :param to_run: until Airflow has its run: S3's event and the function
    :param to_job: until Batch has its first job
    """

    to_run: float
    to_job: float


def run(durations: Sequence[int] = STAGE_SECONDS, uploads: int = UPLOADS) -> list[Row]:
    """Measure both in one stack.

    :param durations: how long the stages' work takes, seconds
    """
    with airflow_stack() as stack:
        added = [_added_time(follow(stack, f"bench_stage_{s}"), s) for s in durations]
        stack.client("s3").put_object(Bucket=BUCKET, Key=config_key(MODEL), Body=CONFIG)
        start = datetime.now(UTC) - timedelta(days=1)
        latencies = [
            _upload(stack, format_round(start + timedelta(minutes=number)))
            for number in range(uploads)
        ]
    return [*added, *_latency_rows(latencies)]


def _latency_rows(latencies: list[Latency]) -> list[Row]:
    whole = [latency.to_job for latency in latencies]
    function = [latency.to_run for latency in latencies]
    airflow = [latency.to_job - latency.to_run for latency in latencies]
    return [
        Row(f"upload → SubmitJob, p50 / p95 of {len(latencies)}", _two(whole)),
        Row("— of it S3's event and the function", _two(function)),
        Row("— of it Airflow's two tasks", _two(airflow)),
    ]


def _two(seconds: list[float]) -> str:
    return f"{percentile(seconds, 0.5):.1f} s / {percentile(seconds, 0.95):.1f} s"


def _added_time(instances: list[dict[str, Any]], seconds: int) -> Row:
    ours, bare = (_median_seconds(instances, task_id) for task_id in ("ours", "bare"))
    aimed_at = seconds == GOAL_SECONDS
    length = f"{seconds} s, the length that the goal is held to" if aimed_at else f"{seconds} s"
    return Row(
        f"a stage from scheduled to done, whose work takes {length}",
        f"{ours:.1f} s ({ours / bare:.2f} ×)",
        f"{bare:.1f} s (a bare Airflow task)",
        GOAL if aimed_at else "",
    )


def _median_seconds(instances: list[dict[str, Any]], task_id: str) -> float:
    """From scheduled to done."""
    measured = [i for i in instances if i["task_id"] == task_id]
    if any(i["state"] != "success" for i in measured):
        raise RuntimeError(f"not all of {task_id} succeeded")
    return statistics.median(
        (_moment(i["end_date"]) - _moment(i["scheduled_when"])).total_seconds() for i in measured
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _upload(stack: Stack, date: str) -> Latency:
    before = {run["dag_run_id"] for run in _runs(stack)}
    body = date.encode()  # its hash makes each upload another
    stack.client("s3").put_object(Bucket=BUCKET, Key=model_key(MODEL, date), Body=body)
    put = datetime.now(UTC)
    deadline = time.monotonic() + UPLOAD_SECONDS
    while time.monotonic() < deadline:
        for new in _runs(stack):
            if new["dag_run_id"] not in before and new["state"] in ("success", "failed"):
                return _latency(stack, new, put)
        time.sleep(0.5)
    raise TimeoutError(f"no run of {DAG_ID} ended {UPLOAD_SECONDS:.0f} s after an upload")


def _runs(stack: Stack) -> list[dict[str, Any]]:
    since = datetime.now(UTC) - timedelta(hours=1)
    return [run for run in stack.airflow.runs(since) if run["dag_id"] == DAG_ID]


def _latency(stack: Stack, run: dict[str, Any], put: datetime) -> Latency:
    created = _submitted(stack, put)
    queued = _moment(run["queued_at"])
    return Latency((queued - put).total_seconds(), (created - put).total_seconds())


def _submitted(stack: Stack, put: datetime) -> datetime:
    """Return the time at which the upload's own job was submitted."""
    filters = [{"name": "JOB_NAME", "values": [f"{MODEL}_mm_update_*"]}]
    batch = stack.client("batch")
    jobs = [
        job
        for queue in batch.describe_job_queues()["jobQueues"]
        for page in batch.get_paginator("list_jobs").paginate(
            jobQueue=queue["jobQueueName"], filters=filters
        )
        for job in page["jobSummaryList"]
    ]
    newest = max(job["createdAt"] for job in jobs)
    created = datetime.fromtimestamp(newest / 1000, UTC)
    if created < put:
        raise RuntimeError(f"the upload at {put} submitted no job")
    return created
