"""The daily cycle's decision for one model: update it, only test it, or skip it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.dates import format_round
from emmaa_cycle.plan import Plan, unset_field
from emmaa_cycle.stages import Stage
from emmaa_cycle.uploads import DAG_IDS, UploadKind


@dataclass(frozen=True)
class RunRequest:
    """A DAG run to start.

    :param run_id: equal for equal requests, so that the run starts once
    :param note: the note that the UI shows with the run
    """

    dag_id: str
    run_id: str
    conf: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class DailyPlan:
    """One model's part of the daily cycle.

    :param run: the run that assembles a model which is not updated, or None
    :param no_run: the reason if there is no run
    """

    plan: Plan
    run: RunRequest | None
    no_run: str = ""

    def with_config(self, version: str) -> DailyPlan:
        """Return the same plan with the version of the model's config that its job reads."""
        return replace(self, plan=self.plan.with_config(version))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON, to pass it between Airflow tasks."""
        run = asdict(self.run) if self.run else None
        return {"plan": self.plan.to_json(), "run": run, "no_run": self.no_run}


def daily_plan(
    jobs: RoundJobs, *, run_moment: datetime, until: str | None = None, notify: bool = True
) -> DailyPlan:
    """Plan a model's update, or only its tests, or nothing.

    See docs/reference/model-config.md#the-daily-cycle.

    :param jobs: their date is that of the model's new state; it must be later than all existing
        states, which the ``run_moment`` of a backfill is not
    :param run_moment: the time of the run, the same in every attempt
    :param until: the last day of literature to read; today if None
    """
    model = jobs.model
    if not (unset := unset_field(jobs.config, Stage.MODEL_UPDATE)):
        plan = Plan(model, notify, {Stage.MODEL_UPDATE: jobs.model_update(until)})
        return DailyPlan(plan, None, "the upload of the updated model starts its run")
    plan = Plan(model, notify, skipped={Stage.MODEL_UPDATE: unset})
    if not jobs.config.run_daily_tests:
        return DailyPlan(plan, None, "run_daily_tests is not set in the model's config.json")
    conf = {"model": model, "notify": notify}
    run_id = daily_run_id(model, run_moment)
    return DailyPlan(plan, RunRequest(DAG_IDS[UploadKind.MODEL], run_id, conf))


def daily_run_id(model: str, run_moment: datetime) -> str:
    """Return the id of the run that reassembles a model on a day.

    If a model's name has characters that a run id must not have, a digest makes the id unique.
    """
    safe = re.sub(r"[^A-Za-z0-9_.~-]", "_", model).replace("..", "__")
    if safe != model:
        safe += "-" + hashlib.sha256(model.encode()).hexdigest()[:8]
    return f"daily__{safe}__{format_round(run_moment)}"
