"""The forms of Airflow's UI in a real browser: what they show, and what they send.

Needs Chromium or Chrome. Where none is found the tests are skipped, unless ``EMMAA_BROWSER`` names
one, which ``.ci/run`` does: then its absence is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect, sync_playwright

from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.process_stack import Stack
from tests.e2e.conftest import TwoDays

pytestmark = pytest.mark.e2e

PIPELINE = "emmaa_update_pipeline"
OVERRIDE = "Override parameters on existing runs"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def browser_program() -> str:
    if wanted := os.environ.get("EMMAA_BROWSER"):
        return wanted
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")


@pytest.fixture(scope="module")
def page(two_days: TwoDays, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open a page of a new browser, logged in."""
    program, profile = browser_program(), tmp_path_factory.mktemp("browser")
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            args=FLAGS,
            viewport={"width": 1400, "height": 1000},
        )
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page = context.new_page()
        log_in(page, two_days.stack)
        yield page
        context.close()


def log_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.ui_url}/auth/login")
    page.fill("input[name=username]", USERNAME)
    page.fill("input[name=password]", stack.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


def form(page: Page, stack: Stack, dag_id: str) -> Locator:
    """Open the form of a DAG's *Trigger*."""
    page.goto(f"{stack.ui_url}/dags/{dag_id}")
    page.get_by_role("button", name="Trigger").first.click()
    dialog = page.get_by_role("dialog").filter(has_text="Notify subscribers")
    dialog.get_by_text("Notify subscribers").wait_for()
    return dialog


def choose_notify(page: Page, dialog: Locator, choice: str) -> None:
    dialog.locator("#element_notify").click()
    page.get_by_role("option", name=choice, exact=True).click()


def sent_by(page: Page, dialog: Locator, button: str, path: str) -> dict[str, Any]:
    """Click a button, and return what the page then posts; Airflow never gets it."""
    bodies: list[dict[str, Any]] = []

    def keep(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        bodies.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=409, json={"detail": "kept by a test"})

    page.route(path, keep)
    with page.expect_request(lambda r: r.method == "POST" and r.url.endswith(path.strip("*"))):
        dialog.get_by_role("button", name=button, exact=True).click()
    page.unroute(path)
    return bodies[0]


def fill_backfill(dialog: Locator) -> None:
    dialog.get_by_text("Backfill", exact=True).click()
    day = datetime.now(UTC).date() - timedelta(days=3)
    for index, moment in enumerate((f"{day}T00:00", f"{day}T23:59")):
        dialog.get_by_test_id("datetime-input").nth(index).fill(moment)
    dialog.locator("#element_models").fill("rasmachine")


def test_notify_shows_what_it_does(page: Page, two_days: TwoDays) -> None:
    dialog = form(page, two_days.stack, PIPELINE)
    expect(dialog.locator("#element_notify")).to_have_text("as usual")
    dialog.locator("#element_notify").click()
    expect(page.get_by_role("option")).to_have_text(["as usual", "yes", "no"])
    page.get_by_role("option", name="no", exact=True).click()
    expect(dialog.locator("#element_notify").get_by_text("no", exact=True)).to_be_visible()


@pytest.mark.parametrize(("choice", "sent"), [(None, None), ("yes", "yes"), ("no", "no")])
def test_a_run_is_started_with_what_the_form_shows(
    page: Page, two_days: TwoDays, choice: str | None, sent: str | None
) -> None:
    dialog = form(page, two_days.stack, PIPELINE)
    if choice:
        choose_notify(page, dialog, choice)
    body = sent_by(page, dialog, "Trigger", f"**/dags/{PIPELINE}/dagRuns")
    assert body["conf"] == {"models": [], "notify": sent}


@pytest.mark.parametrize(
    ("dag_id", "required"),
    [(PIPELINE, set()), ("emmaa_mm_update", {"Model"}), ("emmaa_after_update", {"Model"})],
)
def test_a_star_marks_what_is_required_and_nothing_else(
    page: Page, two_days: TwoDays, dag_id: str, required: set[str]
) -> None:
    dialog = form(page, two_days.stack, dag_id)
    labels = [text for text in dialog.locator("label").all_inner_texts() if "*" in text]
    assert {label.replace("*", "").strip() for label in labels} == required


def test_a_backfill_sends_its_form_only_if_the_box_is_ticked(page: Page, two_days: TwoDays) -> None:
    dialog = form(page, two_days.stack, PIPELINE)
    fill_backfill(dialog)
    choose_notify(page, dialog, "no")
    unticked = sent_by(page, dialog, "Run Backfill", "**/backfills")
    assert unticked["dag_run_conf"] is None
    dialog.get_by_text(OVERRIDE, exact=True).click()
    ticked = sent_by(page, dialog, "Run Backfill", "**/backfills")
    assert ticked["dag_run_conf"] == {"models": ["rasmachine"], "notify": "no"}
    assert {**ticked, "dag_run_conf": None} == unticked


def test_the_form_of_a_backfill_says_that_the_box_is_needed(page: Page, two_days: TwoDays) -> None:
    dialog = form(page, two_days.stack, PIPELINE)
    dialog.get_by_text("Backfill", exact=True).click()
    expect(dialog.get_by_text(f"tick “{OVERRIDE}”")).to_have_count(2)
