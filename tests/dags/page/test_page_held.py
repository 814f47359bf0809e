"""Rounds that the gate holds, in a headless Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dags.page.opened_page import (
    ATTACKER,
    MODEL,
    Opened,
    airflow_knows,
    row,
    task,
)
from tests.dags.page.served_page import HOSTILE
from tests.unit.page.page_bucket import DAY_1, DAY_2


def approval(gate: dict[str, Any], **response: Any) -> dict[str, Any]:
    return {"task_instance": gate, "response_received": bool(response), **response}


@pytest.mark.parametrize("state", ["deferred", "awaiting_input"])  # of Airflow 3.2, of 3.3
def test_a_held_round_says_why_and_leads_to_its_approval(opened: Opened, state: str) -> None:
    airflow_knows(opened, task("check_quality", state), task("run_model_stats", "success"))
    older = task("check_quality", state, run="r 0")  # of a run that is no longer listed
    gates = "dags/emmaa_after_update/dagRuns"
    xcom = "taskInstances/check_quality/xcomEntries/gate"
    lost, fell = f"lost 12 of 40 statements {HOSTILE}", "pysb: fell by 20 points"
    opened.answers |= {
        f"{gates}/~/hitlDetails": {
            "hitl_details": [approval(task("check_quality", state)), approval(older)],
            "total_entries": 2,
        },
        f"{gates}/r%201/{xcom}": {
            "value": {"model": MODEL, "date": DAY_2, "findings": [lost, fell]}
        },
        f"{gates}/r%200/{xcom}": {"value": {"model": ATTACKER, "date": DAY_1, "findings": []}},
    }
    frame = opened.show()
    cell = row(frame).locator("[data-stage=mails]")
    expect(cell).to_contain_text(f"round {DAY_2}; {lost}; {fell}")
    link = cell.get_by_role("link", name="held")
    assert link.get_attribute("href") == (
        "../dags/emmaa_after_update/runs/r%201/tasks/check_quality/required_actions"
    )
    assert link.get_attribute("target") == "_top"
    expect(row(frame, ATTACKER).locator("[data-stage=mails]")).to_contain_text("held")
    expect(frame.locator("#live")).to_contain_text("0 failed, 0 running, 0 waiting, 2 held")
    frame.get_by_label("State").select_option("held")
    opened.page.wait_for_url("**/plugin/emmaa?*live=held*")
    expect(frame.locator("tr[data-model]")).to_have_count(2)


def test_a_held_round_shows_without_the_right_to_see_approvals(opened: Opened) -> None:
    airflow_knows(opened, task("check_quality", "awaiting_input"))
    opened.answers["dags/emmaa_after_update/dagRuns/~/hitlDetails"] = 403
    frame = opened.show()
    expect(
        row(frame).locator("[data-stage=mails]").get_by_role("link", name="held")
    ).to_be_visible()
    expect(frame.locator("#live")).to_contain_text("1 held")


@pytest.mark.parametrize(
    ("choice", "text"), [("Approve", "approved by Ada <b>"), ("Reject", "rejected by Ada <b>")]
)
def test_a_round_that_was_held_says_who_decided(opened: Opened, choice: str, text: str) -> None:
    gate = task("check_quality", "success")
    airflow_knows(opened, gate, task("notify", "success"))
    answered = approval(
        gate, chosen_options=[choice], responded_by_user={"id": "1", "name": "Ada <b>"}
    )
    opened.answers["dags/emmaa_after_update/dagRuns/~/hitlDetails"] = {
        "hitl_details": [answered],
        "total_entries": 1,
    }
    frame = opened.show()
    expect(row(frame).locator("[data-stage=mails]")).to_contain_text(text)
    expect(frame.locator("#live")).to_contain_text("0 held")


def test_a_round_that_nobody_answered_for_has_failed(opened: Opened) -> None:
    gate = task("check_quality", "failed")
    airflow_knows(opened, gate)
    opened.answers |= {
        "dags/emmaa_after_update/dagRuns/~/hitlDetails": {
            "hitl_details": [approval(gate)],
            "total_entries": 1,
        },
        "dags/emmaa_after_update/dagRuns/r%201/taskInstances/check_quality/xcomEntries/failure": {
            "value": {"reason": "nobody approved the round within 24 hours"}
        },
    }
    frame = opened.show()
    cell = row(frame).locator("[data-stage=mails]")
    expect(cell).to_contain_text("nobody approved the round within 24 hours")
    expect(frame.locator("#live")).to_contain_text("1 failed, 0 running, 0 waiting, 0 held")
