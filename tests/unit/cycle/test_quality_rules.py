"""The rules of the gate, and how a held round is released."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emmaa_cycle.after_update import AfterUpdatePlan, after_update_plan
from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.quality.release import ReleaseState, RoundRelease, parse_release
from emmaa_cycle.quality_rules import QualityRules
from emmaa_cycle.settings import load_settings

DAILY = {"run_daily_update": True}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (DAILY, QualityRules()),
        ({**DAILY, "quality": None}, QualityRules()),
        (
            {**DAILY, "quality": {"lost_percent": 5, "hold": "yes", "hold_hours": None}},
            QualityRules(lost_percent=5, hold=True),
        ),
        ({}, QualityRules(days_without_papers=0)),
        (
            {
                **DAILY,
                "reading": {"literature_source": None},
                "quality": {"days_without_papers": 3},
            },
            QualityRules(days_without_papers=0),
        ),
    ],
)
def test_a_config_overrides_the_deployment(config: dict[str, Any], expected: QualityRules) -> None:
    parsed = parse_model_config("marm", json.dumps({"search_terms": [], **config}))
    assert parsed.quality_rules(QualityRules()) == expected
    deployed = QualityRules(pass_rate_points=33)
    assert parsed.quality_rules(deployed).pass_rate_points == 33


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"lost_percent": 101}, "quality.lost_percent"),
        ({"lost_percent": float("nan")}, "quality.lost_percent"),
        ({"days_without_papers": float("inf")}, "quality.days_without_papers"),
        ({"days_without_papers": 3650.5}, "quality.days_without_papers"),
        ({"hold_hours": 168.5}, "quality.hold_hours"),
        ({"hold_hours": float("nan")}, "quality.hold_hours"),
        ({"lost_percent": "much"}, "quality.lost_percent"),
        ({"lost_percnt": 3}, "did you mean lost_percent"),
        ({"hold": "perhaps"}, "quality.hold"),
        ({"hold_hours": 0}, "quality.hold_hours"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelConfigError, match=message):
        parse_model_config("marm", json.dumps({"search_terms": [], "quality": section}))


def test_the_settings_are_the_deployments_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_QUALITY__HOLD", "true")
    monkeypatch.setenv("EMMAA_QUALITY__LOST_PERCENT", "7.5")
    load_settings.cache_clear()
    assert load_settings().quality == QualityRules(lost_percent=7.5, hold=True)
    monkeypatch.setenv("EMMAA_QUALITY__LOST_PERCENT", "-1")
    load_settings.cache_clear()
    with pytest.raises(InputError, match=r"quality\.lost_percent"):
        load_settings()


def test_a_plan_carries_the_rules_and_old_plans_have_none() -> None:
    config = ModelConfig(search_terms=[], quality={"hold": True})
    jobs = RoundJobs(load_settings(), "marm", "2026-03-01-18-00-00", config)
    plan = after_update_plan(jobs)
    assert plan.may_be_held
    document = plan.to_json()
    assert AfterUpdatePlan.from_json(document) == plan
    silent = after_update_plan(jobs, notify=False)
    assert not silent.may_be_held
    del document["quality"]
    assert not AfterUpdatePlan.from_json(document).may_be_held


@pytest.mark.parametrize("state", ReleaseState)
def test_a_state_is_read_as_it_was_written(state: ReleaseState) -> None:
    release = RoundRelease(
        model="marm", date="2026-03-01-18-00-00", state=ReleaseState.HELD, findings=("lost\x1b 3",)
    ).answered(state, "Ada")
    assert release.findings == (r"lost\x1b 3",)
    assert parse_release(release.to_text()) == release
    assert release.key == "quality/marm/round_2026-03-01-18-00-00.json"
    assert state.is_released == (state in ("passed", "approved"))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1}', b'{"state": "free"}', b"\xff"])
def test_what_is_no_state_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no state of a round"):
        parse_release(content)
