"""DescribeJobs calls of 300 jobs at a time: the stock trigger against ours.

Both follow the same number of jobs, which end one after the other, each in a separate process
with the operator's own defaults. What counts is the calls, and how late an end is noticed.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.scheduler.environment import aws_at
from benchmarks.scheduler.fake_batch import FakeBatch
from benchmarks.scheduler.report import Row

JOBS = 300
SHORTEST, LONGEST = 60.0, 180.0
GOAL = 50
TRIAL = {"jobs": 4, "shortest": 0.5, "longest": 1.0}


def run(jobs: int = JOBS, shortest: float = SHORTEST, longest: float = LONGEST) -> list[Row]:
    """Measure both at once.

    :param shortest: how long the shortest job takes, seconds
    """
    scale = [str(number) for number in (jobs, shortest, longest)]
    with ThreadPoolExecutor() as threads:
        measured = threads.map(lambda kind: _figures(kind, scale), _TRIGGERS)
        figures = dict(zip(_TRIGGERS, measured, strict=True))
    ours, stock = figures["ours"], figures["stock"]
    ratio = stock["calls"] / ours["calls"]
    return [
        Row(
            f"DescribeJobs calls, {jobs} jobs of {shortest:.0f} to {longest:.0f} s at a time",
            f"{ours['calls']} ({ratio:.0f} × fewer)",
            f"{stock['calls']} (stock `BatchJobTrigger`)",
            f"≥ {GOAL} × fewer",
        ),
        Row(
            "seconds until a job's end is noticed, mean (largest)",
            f"{ours['mean']:.1f} ({ours['largest']:.1f})",
            f"{stock['mean']:.1f} ({stock['largest']:.1f})",
        ),
    ]


def _figures(kind: str, scale: list[str]) -> dict[str, float]:
    argv = [sys.executable, "-m", "benchmarks.scheduler.describe_calls", kind, *scale]
    output = subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout
    # Airflow logs to the standard output; the figures are its last line.
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def _stock(job_id: str) -> Any:
    from airflow.providers.amazon.aws.operators.batch import BatchOperator
    from airflow.providers.amazon.aws.triggers.batch import BatchJobTrigger

    operator = BatchOperator(
        task_id="t", job_name="j", job_definition="d", job_queue="q", deferrable=True
    )
    return BatchJobTrigger(
        job_id=job_id,
        region_name="us-east-1",
        aws_conn_id="aws_default",
        waiter_delay=operator.poll_interval,
        waiter_max_attempts=operator.max_retries,
    )


def _ours(job_id: str) -> Any:
    from emmaa_airflow.triggers.batch import EmmaaBatchTrigger

    return EmmaaBatchTrigger(job_id=job_id, region="us-east-1", conn_id="aws_default")


_TRIGGERS = {"stock": _stock, "ours": _ours}


async def _noticed(trigger: Any) -> float:
    async for _ in trigger.run():
        return time.time()
    raise RuntimeError("the trigger ended without an event")


async def _follow(
    kind: str, batch: FakeBatch, count: int, shortest: float, longest: float
) -> dict[str, float]:
    durations = random.Random(1)  # noqa: S311 - the same for both
    jobs = batch.add([durations.uniform(shortest, longest) for _ in range(count)])
    triggers = [_TRIGGERS[kind](job["id"]) for job in jobs]
    moments = await asyncio.gather(*map(_noticed, triggers))
    late = [moment - job["end"] for moment, job in zip(moments, jobs, strict=True)]
    calls = len(batch.books()["calls"]["describejobs"])
    return {"calls": calls, "mean": statistics.mean(late), "largest": max(late)}


def _measure(kind: str, jobs: str, shortest: str, longest: str) -> None:
    with FakeBatch() as batch, aws_at(batch.url):
        found = asyncio.run(_follow(kind, batch, int(jobs), float(shortest), float(longest)))
    print(json.dumps(found))


if __name__ == "__main__":
    _measure(*sys.argv[1:])
