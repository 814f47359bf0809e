"""A day of 1,000 models with 3 corpora each: how fast it is submitted, and what AWS says.

The jobs are those of the cycle's own plans, from the daily update to the notification. Each slot
of the submission pool runs one task after the other, as Airflow's scheduler lets it, and each task
is a separate process, which waits for its turn and submits by the operator's own code to a
Batch that throttles each kind of call as AWS does. Jobs end at once, so nothing but the pool and
AWS hold a submission back. The processes are forks of one that has imported everything: to start
Airflow's own 11,000 times would measure the machine.
"""

from __future__ import annotations

import gc
import itertools
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.scheduler.environment import aws_at
from benchmarks.scheduler.fake_batch import CALLS_PER_SECOND, FakeBatch
from benchmarks.scheduler.report import Row
from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.submission import Submission
from emmaa_airflow.batch.submit_rate import await_turn
from emmaa_cycle.after_update import AfterUpdatePlan, after_update_plan, notification_plan
from emmaa_cycle.batch_job import BatchJob, RoundJobs
from emmaa_cycle.daily import daily_plan
from emmaa_cycle.dates import format_round
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.plan import Plan, mm_update_plan
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.stages import Stage

MODELS, CORPORA = 1000, 3
TRIAL = {"models": 2}
GOAL = 45
MOMENT = datetime(2026, 3, 1, 17, tzinfo=UTC)
ROUND = "2026-03-01-17-00-00"


@dataclass
class Task:
    """The task instance that submits a job."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int | None
    max_tries: int = 0
    try_number: int = 1


Work = tuple[Task, BatchJob]


def run(models: int = MODELS) -> list[Row]:
    """Submit everything.

    :raises RuntimeError: if not each job was submitted once, or refused with an error.
    """
    settings = load_settings()
    work = list(_work(settings, models))
    with FakeBatch(seconds=0) as batch, aws_at(batch.url):
        errors = _submit_all(work, settings.batch.submissions_per_second)
        books = batch.books()
    if len(books["submissions"]) + errors != len(work):
        raise RuntimeError(f"{len(books['submissions'])} jobs instead of {len(work)}")
    return _rows(models, sorted(books["submissions"]), books, errors)


def _rows(models: int, moments: list[float], books: dict[str, Any], errors: int) -> list[Row]:
    whole = moments[-1] - moments[0]
    listings, throttled = books["calls"]["listjobs"], books["throttled"]
    return [
        Row(
            f"{models:,} models × {CORPORA} corpora: submissions a second, mean (most in a second)",
            f"{len(moments) / whole:.1f} ({_most_in_a_second(moments)})",
            "",
            f"≤ {GOAL}",
        ),
        Row(
            "— ListJobs a second, mean (for each submission)",
            f"{len(listings) / whole:.1f} ({len(listings) / len(moments):.2f})",
            f"{CALLS_PER_SECOND} (what AWS answers)",
        ),
        Row(
            "— throttled SubmitJob, ListJobs; throttling errors that reached a task",
            f"{throttled.get('submitjob', 0)}, {throttled.get('listjobs', 0)}; {errors}",
            "",
            "0 reach a task",
        ),
        Row(f"— time to the last of {len(moments):,} submissions", f"{whole:.0f} s"),
    ]


def _work(settings: Settings, models: int) -> Iterator[Work]:
    """Return the day's jobs in an order in which nothing waits for anything: stage by stage."""
    planned = [_jobs_of(settings, f"model{number}") for number in range(models)]
    return itertools.chain.from_iterable(
        wave for waves in zip(*planned, strict=True) for wave in waves
    )


def _jobs_of(settings: Settings, model: str) -> list[list[Work]]:
    """Return the jobs of one model's day, in waves that follow each other."""
    config = _config(model)
    daily = daily_plan(
        RoundJobs(settings, model, format_round(MOMENT), config), run_moment=MOMENT, notify=True
    )
    jobs = RoundJobs(settings, model, ROUND, config)
    manager = mm_update_plan(jobs, model_date=ROUND, notify=True, uploaded=True)
    after = after_update_plan(jobs)
    corpora = [plan.corpus for plan in after.corpora]
    notification = notification_plan(settings, after.plan, corpora, ROUND)
    return [
        _of("emmaa_update_pipeline", model, [daily.plan], (Stage.MODEL_UPDATE,)),
        _of("emmaa_mm_update", model, [manager], (Stage.MM_UPDATE,)),
        _after(model, after, (Stage.MODEL_STATS, Stage.QUERIES), (Stage.TESTS,)),
        _after(model, after, (), (Stage.TEST_STATS,)),
        _of("emmaa_after_update", model, [notification], (Stage.NOTIFICATION,)),
    ]


def _after(
    model: str, after: AfterUpdatePlan, own: Sequence[Stage], of_corpora: Sequence[Stage]
) -> list[Work]:
    plans = list(after.corpora)
    dag_id = "emmaa_after_update"
    return [*_of(dag_id, model, [after.plan], own), *_of(dag_id, model, plans, of_corpora)]


def _of(dag_id: str, model: str, plans: Sequence[Plan], stages: Sequence[Stage]) -> list[Work]:
    return [
        (Task(dag_id, f"run_{model}", str(stage), index), plan.jobs[stage])
        for stage in stages
        for index, plan in enumerate(plans)
    ]


def _config(model: str) -> ModelConfig:
    document = {
        "search_terms": [],
        "run_daily_update": True,
        "assembly": {"main": []},
        "test": {"test_corpus": [f"corpus{number}" for number in range(CORPORA)]},
    }
    return parse_model_config(model, json.dumps(document).encode())


def _submit_all(work: list[Work], slots: int) -> int:
    """Submit by a pool of slots; how many tasks an error reached."""
    # Shared by the forks, which open connections of their own: to make a client takes a tenth
    # of a second of the processor, and a real task does that before its turn comes.
    jobs = BatchClient(aws_client("batch", "us-east-1"))
    context = multiprocessing.get_context("fork")
    gc.freeze()  # else each fork copies what its collector touches
    following, failed = context.Value("i", 0), context.Value("i", 0)

    def slot() -> None:
        while True:
            with following:
                number = following.value
                following.value += 1
            if number >= len(work):
                return
            if not _in_own_process(jobs, work[number]):
                with failed:
                    failed.value += 1

    processes = [context.Process(target=slot) for _ in range(slots)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a slot of the pool ended early")
    return int(failed.value)


def _in_own_process(jobs: BatchClient, work: Work) -> bool:
    """Run a task in a new process; whether no error reached it."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    code = 1
    try:
        task, job = work
        await_turn()
        Submission(jobs, job, JobIdentity.of(job.name, task, retries=0), {}).ensure()
        code = 0
    except Exception as error:  # noqa: BLE001 - counted
        print(f"{work[1].name}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def _most_in_a_second(moments: list[float]) -> int:
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1:
            start += 1
        most = max(most, end - start + 1)
    return most
