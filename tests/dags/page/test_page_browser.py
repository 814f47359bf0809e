"""The overview of the EMMAA page in a headless Chromium, below a base path.

``tests/e2e/test_page.py`` opens the page in a real Airflow.
"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.dags.page.opened_page import (
    ATTACKER,
    Opened,
    airflow_knows,
    row,
    task,
)
from tests.dags.page.served_page import HOSTILE


def test_a_job_in_batch_s_queue_is_shown_as_waiting_with_batch_s_reason(opened: Opened) -> None:
    airflow_knows(
        opened, task("run_model_stats", "deferred"), task("answer_queries", "deferred"),
        task("notify", "failed"),
    )  # fmt: skip
    of_task = "dags/emmaa_after_update/dagRuns/r%201/taskInstances"
    opened.answers |= {
        f"{of_task}/run_model_stats/xcomEntries/job": {"value": "job-1"},
        f"{of_task}/notify/xcomEntries/failure": {"value": {"reason": f"bad {HOSTILE}"}},
    }
    frame = opened.show()
    cells = {name: row(frame).locator(f"[data-stage={name}]") for name in
             ("statistics", "queries", "mails")}  # fmt: skip
    expect(cells["statistics"]).to_contain_text("waiting, RUNNABLE")
    expect(cells["statistics"]).to_contain_text(HOSTILE)  # Batch's reason
    expect(cells["queries"]).to_contain_text("running")  # its job is not known
    expect(cells["mails"]).to_contain_text(f"bad {HOSTILE}")
    expect(frame.locator("#live")).to_contain_text("1 failed, 1 running, 1 waiting")


def test_each_control_of_the_overview_has_a_name_of_its_own(opened: Opened) -> None:
    frame = opened.show()
    for name in ("State", "Find", "Notify subscribers"):
        expect(frame.get_by_label(name)).to_have_count(1)
    frame.get_by_label("State").select_option("late")
    opened.page.wait_for_url("**/plugin/emmaa?*state=late*")
    expect(row(frame)).to_be_visible()  # its round is of March


def test_names_are_found_while_they_are_typed(opened: Opened) -> None:
    frame = opened.show()
    frame.get_by_label("Find").press_sequentially("start")  # on each row's button, but no name
    expect(row(frame)).to_be_hidden()
    frame.get_by_label("Find").fill("ras m")
    expect(row(frame)).to_be_visible()
    expect(row(frame, ATTACKER)).to_be_hidden()


def test_text_of_others_does_not_run(opened: Opened) -> None:
    frame = opened.show()
    expect(row(frame, ATTACKER).locator("th")).to_contain_text(HOSTILE)
    assert frame.locator("tbody img, tbody script").count() == 0


def test_a_refused_api_leaves_the_figures(opened: Opened) -> None:
    opened.answers["dags/~/dagRuns/list"] = 403
    frame = opened.show()
    expect(frame.locator("#live")).to_contain_text("not available: Airflow answers 403")
    expect(row(frame)).to_contain_text("3/4")
