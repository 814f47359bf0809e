"""A model's page, its files and costs, and the dialog that starts runs, in a real Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import FrameLocator, expect

from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import config_key
from tests.e2e.conftest import TwoDays
from tests.e2e.opened_page import RUN, Browser, row, token

pytestmark = pytest.mark.e2e

FRAME = "iframe[title='EMMAA models']"
#: The stages of the dialog, in its order.
STAGES = ("model stats", "tests", "test stats", "queries", "model to tests", "notification")


def model_page(opened: Browser, model: str = "rasmachine") -> FrameLocator:
    opened.page.goto(f"{opened.base}/plugin/emmaa?page=model&model={model}")
    frame = opened.page.frame_locator(FRAME)
    expect(frame.locator("h1")).to_be_visible()
    return frame


def test_charts_are_drawn_and_stand_there_as_tables(opened: Browser) -> None:
    frame = model_page(opened)
    expect(frame.locator("[data-chart] canvas")).not_to_have_count(0)
    drawn = """canvas => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, place) => place % 4 === 3 && value > 0);
    }"""
    assert frame.locator("[data-chart] canvas").first.evaluate(drawn)
    expect(frame.locator("svg.path").first).to_be_visible()
    frame.get_by_text("As tables").click()
    expect(frame.get_by_role("columnheader", name="statements")).to_be_visible()
    assert opened.foreign == []


def test_answers_to_queries_have_their_plots(opened: Browser) -> None:
    frame = model_page(opened, "rasmodel")
    answer = frame.get_by_role("row", name="gefitinib decreases active EGFR")
    expect(answer).to_contain_text("yes, it decreases")
    plot = answer.get_by_role("img")
    plot.scroll_into_view_if_needed()
    plot.evaluate("image => image.decode()")
    assert plot.evaluate("image => image.naturalWidth") > 100


def test_a_file_is_downloaded_out_of_the_frame(opened: Browser, two_days: TwoDays) -> None:
    frame = model_page(opened, "rasmodel")
    frame.get_by_role("link", name="Files").click()
    opened.page.wait_for_url("**/plugin/emmaa?*page=files*")
    with opened.page.expect_download() as download:
        frame.get_by_role("link", name="config.json").click()
    assert download.value.suggested_filename == "config.json"
    s3 = two_days.stack.client("s3")
    stored = s3.get_object(Bucket=BUCKET, Key=config_key("rasmodel"))["Body"].read()
    assert download.value.path().read_bytes() == stored


def test_the_runs_of_a_round_link_to_their_results(opened: Browser) -> None:
    frame = model_page(opened, "rasmodel")
    frame.get_by_text("Runs, jobs and logs").click()
    links = frame.locator("#links").get_by_role("link", name="Results in S3")
    expect(links.first).to_be_visible()
    assert str(links.first.get_attribute("href")).startswith("http")


def test_costs_of_the_jobs_are_shown(opened: Browser) -> None:
    frame = opened.overview()
    frame.get_by_role("link", name="Cost", exact=True).click()
    opened.page.wait_for_url("**/plugin/emmaa?*page=cost*")
    expect(frame.get_by_role("row", name="Ras Machine")).to_contain_text("$0.0")


def test_what_the_config_leaves_out_and_what_has_no_round_is_said(opened: Browser) -> None:
    frame = opened.overview()
    expect(row(frame, "rasmodel").locator("[data-stage=update]")).to_have_text("off, by config")
    frame.get_by_label("State").select_option("none")
    opened.page.wait_for_url("**/plugin/emmaa?*state=none*")
    expect(row(frame, "sandbox")).to_be_visible()
    expect(row(frame, "rasmachine")).to_have_count(0)


@pytest.fixture
def paused(two_days: TwoDays) -> Iterator[None]:
    """Pause the DAG of rounds, and remove what was started meanwhile."""
    url = f"{two_days.stack.ui_url}/api/v2/dags/{RUN['dag_id']}"
    headers = {"Authorization": f"Bearer {token(two_days.stack)}"}
    with httpx.Client(headers=headers, timeout=60) as client:
        client.patch(url, json={"is_paused": True}).raise_for_status()
        yield
        runs = client.get(f"{url}/dagRuns", params={"state": "queued"}).raise_for_status().json()
        for run in runs["dag_runs"]:
            path = f"{url}/dagRuns/{quote(run['dag_run_id'], safe='')}"
            client.delete(path).raise_for_status()
        client.patch(url, json={"is_paused": False}).raise_for_status()


def test_the_dialog_starts_a_run_by_keyboard_alone(opened: Browser, paused: None) -> None:
    """A round of one stage, on the real API."""
    keyboard = opened.page.keyboard
    frame = opened.overview()
    row(frame, "rasmachine").get_by_role("button", name="Start…").focus()
    keyboard.press("Enter")
    dialog = frame.get_by_role("dialog")
    expect(dialog.get_by_label("the update")).to_be_focused()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(dialog.get_by_label("stages of the newest round")).to_be_checked()
    for stage in STAGES:
        keyboard.press("Tab")
        expect(dialog.get_by_label(stage, exact=True)).to_be_focused()
        if stage != "model stats":
            keyboard.press("Space")
    expect(dialog).to_contain_text("Nobody is notified: no such stage is chosen.")
    for _ in range(3):  # whom to notify, Close, Start
        keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Start")).to_be_focused()
    keyboard.press("Enter")
    answer = dialog.get_by_role("alert")
    expect(answer).to_contain_text("is paused: it begins when somebody unpauses it")
    answer.get_by_role("link").click()
    opened.page.wait_for_url(f"**/dags/{RUN['dag_id']}/runs/manual__**")


def test_an_expired_login_starts_nothing_and_says_so(opened: Browser) -> None:
    """The last test of this file: it leaves the browser without a login."""
    frame = opened.overview()
    row(frame, "rasmachine").get_by_role("button", name="Start…").click()
    opened.page.context.clear_cookies()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Your login has expired")
