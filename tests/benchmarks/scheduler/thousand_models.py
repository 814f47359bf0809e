"""The round of 1,000 models with 3 corpora each: how fast it is submitted, and what AWS says.

Each slot of the submission pool is a thread that does what a task's process does: it is a second
old when it submits, by the operator's own code, to a Batch that throttles as AWS does. Jobs end at
once, so nothing but the pool holds a submission back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from emmaa_airflow.aws import aws_client
from emmaa_airflow.batch_jobs import BatchJobs
from emmaa_airflow.job_identity import job_identity
from emmaa_airflow.pacing import SLOT_SECONDS
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from tests.benchmarks.scheduler.environment import aws_at
from tests.benchmarks.scheduler.fake_batch import FakeBatch
from tests.benchmarks.scheduler.report import Row

MODELS, CORPORA = 1000, 3
GOAL = 45


@dataclass(frozen=True)
class Task:
    """The task instance that submits a job."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    max_tries: int = 0


def run() -> list[Row]:
    """Submit everything."""
    # The slots' threads share a client, which keeps fewer connections than they are.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    slots = load_settings().batch.submissions_per_second
    with FakeBatch(seconds=0) as batch, aws_at(batch.url):
        jobs = BatchJobs(aws_client("batch", "us-east-1"))
        with ThreadPoolExecutor(slots) as pool:
            errors = [
                error for error in pool.map(lambda work: _submit(jobs, work), _work()) if error
            ]
        books = batch.books()
    moments = sorted(books["submissions"])
    whole = moments[-1] - moments[0]
    throttled = sum(books["throttled"].values())
    expected = MODELS * (3 + 2 * CORPORA)
    if len(moments) + len(errors) != expected:
        raise RuntimeError(f"{len(moments)} jobs were submitted instead of {expected}")
    return [
        Row(
            f"{MODELS:,} models × {CORPORA} corpora: submissions a second, mean (most in a second)",
            f"{len(moments) / whole:.1f} ({_most_in_a_second(moments)})",
            "",
            f"≤ {GOAL}",
        ),
        Row(
            "— throttling errors that reached a task (that AWS answered)",
            f"{len(errors)} ({throttled})",
            "",
            "0",
        ),
        Row(f"— time to the last of {len(moments):,} submissions", f"{whole:.0f} s"),
    ]


def _work() -> Iterator[tuple[Task, BatchJob]]:
    """What follows each model's update, in an order in which nothing waits for anything."""
    first = [(Stage.MODEL_STATS, 1), (Stage.TESTS, CORPORA), (Stage.QUERIES, 1)]
    second = [(Stage.TEST_STATS, CORPORA), (Stage.NOTIFICATION, 1)]
    for stages in (first, second):
        for model in range(MODELS):
            for stage, count in stages:
                for index in range(count):
                    name = f"model{model}_{stage}_{index}"
                    job = BatchJob(stage, name, "queue", "definition", ["true"])
                    yield Task("emmaa_after_update", f"run{model}", str(stage), index), job


def _submit(jobs: BatchJobs, work: tuple[Task, BatchJob]) -> Exception | None:
    task, job = work
    time.sleep(SLOT_SECONDS)
    try:
        jobs.ensure(job, job_identity(job.name, task, retries=0), {})
    except Exception as error:  # noqa: BLE001 - counted
        return error
    return None


def _most_in_a_second(moments: list[float]) -> int:
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1:
            start += 1
        most = max(most, end - start + 1)
    return most
