"""Tests of the daily cycle's plan for a model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.daily import daily_plan, daily_run_id
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import Stage

NOW = "2026-03-02-17-00-07"
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)


def plan(model: str = "marm", **config: Any) -> Any:
    parsed = ModelConfig(search_terms=[], **config)
    return daily_plan(RoundJobs(Settings(), model, NOW, parsed), run_moment=NOON)


def test_a_daily_update_is_a_job_whose_result_has_a_date_beforehand() -> None:
    daily = plan(run_daily_update=True)
    job = daily.plan.jobs[Stage.MODEL_UPDATE]
    assert job.command == [
        *("python", "scripts/run_model_update.py"),
        *("--model", "marm", "--date-str", "2026-03-02-17-00-07"),
    ]
    assert daily.run is None


def test_literature_is_read_up_to_the_runs_day() -> None:
    parsed = ModelConfig(search_terms=[], run_daily_update=True)
    daily = daily_plan(
        RoundJobs(Settings(), "marm", NOW, parsed),
        run_moment=NOON,
        until="2025-12-24",
        notify=False,
    )
    assert daily.plan.jobs[Stage.MODEL_UPDATE].command[-2:] == ["--until", "2025-12-24"]
    assert daily.plan.notify is False


def test_an_update_comes_before_tests_alone() -> None:
    daily = plan(run_daily_update=True, run_daily_tests=True)
    assert Stage.MODEL_UPDATE in daily.plan.jobs
    assert daily.run is None


def test_a_model_that_is_only_tested_gets_a_run_of_its_own() -> None:
    daily = plan("rasmodel", run_daily_tests=True)
    assert daily.run.dag_id == "emmaa_mm_update"
    assert daily.run.run_id == "daily__rasmodel__2026-03-02-17-00-00"
    assert daily.run.conf == {"model": "rasmodel", "notify": True}
    assert "run_daily_update" in daily.plan.skipped[Stage.MODEL_UPDATE]


def test_a_model_that_asks_for_nothing_is_left_alone_with_reasons() -> None:
    daily = plan()
    assert not daily.plan.jobs
    assert daily.run is None
    assert "run_daily_tests" in daily.no_run


@pytest.mark.parametrize(("one", "other"), [("a b", "a_b"), ("é", "è"), ("a..b", "a__b")])
def test_models_whose_names_are_alike_in_run_ids_have_different_ones(one: str, other: str) -> None:
    assert daily_run_id(one, NOON) != daily_run_id(other, NOON)


def test_a_plan_survives_its_way_through_json() -> None:
    before = plan(run_daily_update=True).plan
    assert Plan.from_json(before.to_json()) == before
