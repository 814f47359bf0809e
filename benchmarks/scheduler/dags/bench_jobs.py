"""DAGs that are measured: the same jobs by the stock operator, by ours, and without Batch."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk import dag, task

from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.plan import Plan
from emmaa_cycle.resources import BATCH_TARGETS, ResourceClass
from emmaa_cycle.stages import Stage

#: How many jobs, and how long a stage's work takes: as real jobs do, and far shorter.
SCALE = json.loads(Path(__file__).with_name("scale.json").read_text())
MAPPED, REPEATED = SCALE["mapped"], SCALE["repeated"]
TARGET = BATCH_TARGETS[ResourceClass.NORMAL]


def planned(number: int, seconds: int) -> dict[str, Any]:
    """Return the plan of one job that sleeps."""
    name = f"bench_{number}"
    job = BatchJob(
        Stage.TESTS, name, TARGET.queue, TARGET.definition, command=["sleep", str(seconds)]
    )
    return Plan(name, notify=False, jobs={Stage.TESTS: job}, corpus="bench").to_json()


def our_jobs(count: int, seconds: int) -> Any:
    """Map jobs by our operator."""
    return EmmaaBatchOperator.partial(task_id="ours", stage=Stage.TESTS, retries=0).expand(
        planned=[planned(number, seconds) for number in range(count)]
    )


def stock_jobs(poll_interval: int | None) -> Any:
    """Map the same short jobs by the stock operator."""
    more = {"poll_interval": poll_interval} if poll_interval else {}
    return BatchOperator.partial(
        task_id="stock",
        job_definition=TARGET.definition,
        job_queue=TARGET.queue,
        container_overrides={"command": ["sleep", "1"]},
        deferrable=True,
        retries=0,
        **more,
    ).expand(job_name=[f"stock_{number}" for number in range(MAPPED)])


@dag(schedule=None, max_active_tasks=MAPPED)
def bench_ours() -> None:
    """Short jobs by our operator."""
    our_jobs(MAPPED, 1)


@dag(schedule=None, max_active_tasks=MAPPED)
def bench_stock() -> None:
    """Short jobs by the stock operator as it is."""
    stock_jobs(None)


@dag(schedule=None, max_active_tasks=MAPPED)
def bench_stock_quick() -> None:
    """Short jobs by the stock operator, looking at them as often as ours does."""
    stock_jobs(1)


def bench_stage(seconds: int) -> None:
    """Make a DAG of jobs beside tasks that take as long without Batch."""

    @dag(dag_id=f"bench_stage_{seconds}", schedule=None)
    def stage() -> None:
        @task
        def bare(number: int) -> None:
            """Take as long as a job."""
            time.sleep(seconds)

        bare.expand(number=list(range(REPEATED)))
        our_jobs(REPEATED, seconds)

    stage()


for make in (bench_ours, bench_stock, bench_stock_quick):
    make()
for length in SCALE["stage_seconds"]:
    bench_stage(length)
