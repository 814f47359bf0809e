"""The DAGs of the simulated deployment, and how their Batch jobs end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from emmaa_airflow.rounds.update_order import await_turn
from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.dates import format_round
from emmaa_cycle.exit_codes import EXIT_UNAVAILABLE
from emmaa_cycle.model_config import parse_model_config
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from tests.faults.airflow_rows import Instance, Run
from tests.faults.batch_jobs import End

PIPELINE, WATCH = "emmaa_update_pipeline", "emmaa_upload_watch"
#: The task that lets a day of a backfill wait, and the task that then updates the model.
PLAN_UPDATE, UPDATE = "model.plan", "model.run_model_update"
#: Of each DAG, the tasks that run a job, each with its map index.
DAGS: dict[str, tuple[tuple[str, int], ...]] = {
    PIPELINE: ((UPDATE, 0),),
    "emmaa_mm_update": (("update_model_manager", -1),),
    "emmaa_after_update": (("run_model_stats", -1), ("test_corpus.run_model_tests", 0)),
    WATCH: (("watch", -1),),
}
MODELS = ("rasmodel", "a b+c%25 é")
CORPUS = "large_corpus_tests"
_CONFIG = parse_model_config("rasmodel", b'{"search_terms": []}')

#: How jobs end, and how often.
_ENDS: tuple[tuple[int, End], ...] = (
    (14, End(0, 0)),
    (1, End(0, 1)),
    (1, End(0, EXIT_UNAVAILABLE)),
    (1, End(0, None, "Host EC2 (instance i-1) terminated.")),
    (1, End(0, 137, container_reason="OutOfMemoryError: Container killed due to memory usage")),
)


def choose_end(rng: random.Random, request: dict[str, Any]) -> End:
    """Draw how a job will end; the larger definition has memory enough."""
    end = rng.choices([end for _, end in _ENDS], [weight for weight, _ in _ENDS])[0]
    if end.exit_code == 137 and "testing" in request["jobDefinition"]:
        end = _ENDS[0][1]
    seconds = rng.choice([0.0, 1.0, 15.0, 100.0])
    return End(seconds, end.exit_code, end.status_reason, end.container_reason)


def planned(task: Instance, run: Run) -> tuple[Stage, dict[str, Any]]:
    """Return the stage and the plan of a task; its run's ``plan`` task has made it once."""
    stage = _STAGES[task.task_id]
    if task.state_key not in run.plans:
        run.plans[task.state_key] = _plan(stage, run.conf)
    return stage, run.plans[task.state_key]


_STAGES = {
    UPDATE: Stage.MODEL_UPDATE,
    "update_model_manager": Stage.MM_UPDATE,
    "run_model_stats": Stage.MODEL_STATS,
    "test_corpus.run_model_tests": Stage.TESTS,
}


def _plan(stage: Stage, conf: dict[str, Any]) -> dict[str, Any]:
    model = conf["model"]
    date = conf["planned_at" if stage is Stage.MODEL_UPDATE else "date"]
    jobs = RoundJobs(load_settings(), model, date, _CONFIG)
    corpus = CORPUS if stage is Stage.TESTS else ""
    if stage is Stage.MODEL_UPDATE:
        job = jobs.model_update()
    elif stage is Stage.MM_UPDATE:
        job = jobs.mm_update(date)
    else:
        job = jobs.job(stage, corpus)
    return Plan(model, True, {stage: job}, corpus=corpus).to_json()


class PlanTask:
    """The task that plans a model's update in a backfill, when the model's turn has come."""

    def __init__(self, run: Run, clock: Callable[[], datetime]) -> None:
        self._run = run
        self._clock = clock

    def execute(self, context: Any) -> None:
        """Wait for the model's turn, and plan."""
        await_turn(self._run.conf["model"], context)
        plan_anew(self._run, self._clock())

    def on_kill(self) -> None:
        """Leave everything alone."""


def plan_anew(run: Run, now: datetime) -> None:
    """Do what clearing ``plan`` too does: settings are read again.

    A daily update also gets another date for the model's new state.
    """
    run.plans.clear()
    if "planned_at" in run.conf:
        run.conf["planned_at"] = format_round(now)
