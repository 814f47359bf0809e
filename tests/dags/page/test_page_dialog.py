"""The dialog that starts runs, in a headless Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.dags.page.opened_page import (
    ATTACKER,
    MODEL,
    TITLE,
    Opened,
    row,
)
from tests.dags.page.served_page import HOSTILE


def dialog_of(frame: FrameLocator, name: str = MODEL) -> Any:
    """Open a row's dialog by keyboard."""
    button = row(frame, name).get_by_role("button", name="Start…")
    button.focus()
    button.press("Enter")
    dialog = frame.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_the_dialog_says_what_it_will_do_before_it_sends_it(opened: Opened) -> None:
    opened.answers["backfills"] = {"id": 7}
    dialog = dialog_of(opened.show())
    expect(dialog).to_contain_text(f"One run of emmaa_update_pipeline for {TITLE}")
    expect(dialog).to_contain_text("because of the model's config")
    expect(dialog).to_contain_text("everybody who subscribed")
    dialog.get_by_label("days of the past").check()
    expect(dialog.get_by_role("status")).to_have_text("Choose the first and the last day.")
    expect(dialog.get_by_role("button", name="Start")).to_be_disabled()
    dialog.get_by_label("from", exact=True).fill("2026-03-01")
    dialog.get_by_label("to", exact=True).fill("2026-03-03")
    expect(dialog).to_contain_text("up to 3 runs")
    expect(dialog).to_contain_text("Nobody is notified, as usual with a backfill.")
    assert opened.sent == []
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Started: backfill 7.")
    body = {
        "dag_id": "emmaa_update_pipeline",
        "from_date": "2026-03-01T00:00:00Z",
        "to_date": "2026-03-03T23:59:59Z",
        "dag_run_conf": {"models": [MODEL], "notify": None},
        "reprocess_behavior": "none",
    }
    assert opened.sent == [("backfills", body)]
    opened.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


RUNS: list[tuple[str, str, dict[str, Any]]] = [
    ("the update", "emmaa_update_pipeline", {"models": [MODEL]}),
    ("the assembly", "emmaa_mm_update", {"model": MODEL}),
    ("stages of the newest", "emmaa_after_update", {"model": MODEL, "stages": ["model_stats"]}),
]


@pytest.mark.parametrize(("choice", "dag", "conf"), RUNS)
@pytest.mark.parametrize("notify", ["no", "yes"])
def test_each_way_to_begin_makes_one_run_with_the_person_s_choice(
    opened: Opened, choice: str, dag: str, conf: dict[str, Any], notify: str
) -> None:
    opened.answers[f"dags/{dag}/dagRuns"] = {"dag_run_id": "manual__1"}
    opened.answers[f"dags/{dag}"] = {"is_paused": True}
    dialog = dialog_of(opened.show())
    dialog.get_by_label(choice).check()
    if "stages" in conf:
        for box in dialog.get_by_role("checkbox").all()[1:]:
            if box.is_visible():
                box.uncheck()
    dialog.get_by_label("Notify subscribers").select_option(notify)
    expected = "Nobody is notified" if notify == "no" or "stages" in conf else "is mailed"
    expect(dialog.get_by_role("status")).to_contain_text(expected)
    dialog.get_by_role("button", name="Start").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("is paused: it begins when somebody unpauses it")
    link = alert.get_by_role("link")
    assert link.get_attribute("href") == f"../dags/{dag}/runs/manual__1"
    assert link.get_attribute("target") == "_top"
    (sent,) = opened.sent
    assert sent == (
        f"dags/{dag}/dagRuns", {"logical_date": None, "conf": {**conf, "notify": notify}}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "Your login has expired"),
        (403, "You may not start this"),
        (409, "Airflow answers 409"),
    ],
)
def test_what_airflow_refuses_is_said(opened: Opened, status: int, says: str) -> None:
    opened.answers["dags/emmaa_mm_update/dagRuns"] = status
    dialog = dialog_of(opened.show(), ATTACKER)
    expect(dialog.locator("h2")).to_contain_text(HOSTILE)
    dialog.get_by_label("the assembly").check()
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).to_contain_text(says)
    expect(dialog.get_by_role("button", name="Start")).to_be_enabled()
