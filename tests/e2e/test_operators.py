"""Operators are notified, once each, of a broken config and a late cycle."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from infra.local.provisioning.operators import take_operator_messages
from infra.local.report.cycle_progress import follow_run
from tests.e2e.conftest import BROKEN_MODEL, TwoDays

pytestmark = pytest.mark.e2e

DEADLINE = "emmaa_deadline"


def test_the_broken_config_is_reported_once_with_its_field_and_a_link(two_days: TwoDays) -> None:
    (pipeline,) = [r for r in two_days.days[1].runs if r.dag_id == "emmaa_update_pipeline"]
    found = take_operator_messages(two_days.stack.aws)
    (message,) = [m for m in found if "emmaa_update_pipeline" in m.subject]
    # Two more tests of the BEL examples that apply on day 1, and fail, make no bad round.
    assert found == [message]
    name = "EMMAA 1: daily update (emmaa_update_pipeline)"
    assert message.subject == f"{name} failed: model.plan [{BROKEN_MODEL}]"
    assert "test.mc_types.0" in message.text
    assert f"{two_days.stack.ui_url}/dags/emmaa_update_pipeline/runs/" in message.text
    assert f"runs/{quote(pipeline.run_id, safe='')}\n" in message.text


def test_a_look_by_hand_tells_of_the_model_that_cannot_be_through(two_days: TwoDays) -> None:
    airflow = two_days.stack.airflow
    run_id = airflow.trigger(DEADLINE, {}, None)
    run = follow_run(airflow, DEADLINE, run_id, lambda runs: None)
    assert run.state == "failed"
    (message,) = take_operator_messages(two_days.stack.aws)
    assert message.subject == "EMMAA: the daily cycle is late"
    assert f"{BROKEN_MODEL}: model '{BROKEN_MODEL}', models/broken/config.json" in message.text
