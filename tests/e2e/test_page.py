"""The EMMAA page in a real browser, in a real Airflow (docs/page.md).

Where no Chromium or Chrome is found the tests are skipped, as those of the forms are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Route, expect

from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import overview_prefix
from emmaa_cycle.stages import Stage
from tests.e2e.conftest import TwoDays
from tests.e2e.opened_page import ATTACKER, HOSTILE, MODEL, RUN, TITLE, Browser, row, token

pytestmark = pytest.mark.e2e


def test_the_navigation_leads_to_a_row_a_model(opened: Browser, two_days: TwoDays) -> None:
    opened.page.goto(two_days.stack.ui_url)
    opened.page.get_by_role("link", name="EMMAA", exact=True).click()
    frame = opened.page.frame_locator("iframe[title='EMMAA models']")
    for model in ("rasmodel", "rasmachine", "skcm", MODEL):
        expect(row(frame, model)).to_be_visible()
    expect(row(frame)).to_contain_text(TITLE)
    expect(row(frame)).to_contain_text("KRAS activates BRAF.")
    expect(row(frame)).to_contain_text("3/4")


def test_nothing_of_others_runs_and_nothing_leaves_airflow(opened: Browser) -> None:
    frame = opened.overview()
    attacker = row(frame, ATTACKER)
    expect(attacker.locator("th")).to_contain_text(HOSTILE)
    expect(attacker.locator(".news")).to_contain_text(HOSTILE)
    assert frame.locator("tbody img, tbody script").count() == 0
    # A script that got in nevertheless is stopped by the policy.
    frame.locator("body").evaluate(
        "body => { const box = document.createElement('div');"
        " box.innerHTML = '<img src=x onerror=alert(3)>'; body.append(box); }"
    )
    opened.page.wait_for_timeout(500)
    assert opened.dialogs == []
    assert opened.foreign == []
    assert opened.blocked


def test_an_address_leads_back_to_what_is_shown(opened: Browser) -> None:
    frame = opened.overview("find=page_tests")
    expect(frame.locator("tr[data-model]")).to_have_count(1)
    frame.get_by_role("button", name="Statements").click()
    opened.page.wait_for_url("**/plugin/emmaa?*sort=statements*")
    assert "find=page_tests" in opened.page.url
    assert "fresh" not in opened.page.url
    opened.page.reload()
    expect(frame.locator("th[aria-sort=descending]")).to_contain_text("Statements")
    expect(frame.locator("tr[data-model]")).to_have_count(1)


def test_names_are_found_while_they_are_typed(opened: Browser) -> None:
    frame = opened.overview()
    frame.get_by_label("Find").press_sequentially("page_t")
    expect(row(frame)).to_be_visible()
    expect(row(frame, "rasmodel")).to_be_hidden()
    frame.get_by_label("Find").press("Enter")
    opened.page.wait_for_url("**/plugin/emmaa?*find=page_t*")
    expect(frame.locator("th[aria-sort]")).to_contain_text("Model")


def test_a_state_is_chosen_by_keyboard(opened: Browser) -> None:
    frame = opened.overview()
    frame.get_by_label("State").focus()
    frame.get_by_label("State").select_option("asleep")
    opened.page.wait_for_url("**/plugin/emmaa?*state=asleep*")
    expect(row(frame)).to_have_count(0)


def test_the_theme_follows_airflow_while_it_is_shown(opened: Browser) -> None:
    frame = opened.overview()
    root, outside = frame.locator("html"), opened.page.locator("html")
    colours = []
    for theme, other in (("dark", "light"), ("light", "dark")):
        outside.evaluate(f"e => {{ e.classList.add('{theme}'); e.classList.remove('{other}'); }}")
        expect(root).to_have_attribute("data-theme", theme)
        colours.append(root.evaluate("e => getComputedStyle(e).getPropertyValue('--bg').trim()"))
        expected = "e => getComputedStyle(e).getPropertyValue('--chakra-colors-bg').trim()"
        assert colours[-1] == outside.evaluate(expected)
    assert colours[0] != colours[1]


def task(model_run: str, task_id: str, state: str) -> dict[str, Any]:
    return {
        "dag_id": RUN["dag_id"],
        "dag_run_id": model_run,
        "task_id": task_id,
        "map_index": -1,
        "state": state,
        "run_after": "2026-03-03T17:00:00Z",
        "rendered_map_index": None,
    }


@pytest.fixture
def answers(opened: Browser) -> Iterator[Callable[[str, Any], None]]:
    """Let Airflow's API answer what a test says."""
    paths: list[str] = []

    def answer(path: str, document: Any) -> None:
        def fulfill(route: Route) -> None:
            route.fulfill(status=document if isinstance(document, int) else 200, json=document)

        paths.append(f"**/api/v2/dags/{path}")
        opened.page.route(paths[-1], fulfill)

    yield answer
    for path in paths:
        opened.page.unroute(path)


def test_states_of_airflow_are_laid_over_the_figures(
    opened: Browser, answers: Callable[[str, Any], None]
) -> None:
    run = {"dag_id": RUN["dag_id"], "dag_run_id": "r 1", "conf": {"model": MODEL}}
    tasks = [
        task("r 1", "run_model_stats", "failed"),
        task("r 1", "answer_queries", "deferred"),
        task("r 1", "notify", "queued"),
        task("r 1", "test_corpus.run_model_tests", "success"),
        task("older", "test_corpus.run_test_stats", "failed"),
    ]
    answers("~/dagRuns/list", {"dag_runs": [run], "total_entries": 1})
    answers("~/dagRuns/~/taskInstances/list", {"task_instances": tasks, "total_entries": 5})
    reason = {"key": "failure", "value": {"reason": f"bad input {HOSTILE}"}}
    answers("*/dagRuns/*/taskInstances/*/xcomEntries/failure*", reason)
    frame = opened.overview()
    cells = {name: row(frame).locator(f"[data-stage={name}]") for name in
             ("statistics", "tests", "queries", "mails")}  # fmt: skip
    expect(cells["statistics"]).to_contain_text("failed")
    expect(cells["statistics"]).to_contain_text(f"bad input {HOSTILE}")
    expect(cells["queries"]).to_contain_text("running")
    expect(cells["mails"]).to_contain_text("waiting")
    expect(cells["tests"]).to_contain_text("✔")
    expect(frame.locator("#live")).to_contain_text("1 failed, 1 running, 1 waiting")
    link = cells["statistics"].locator("a")
    assert link.get_attribute("href") == (
        "../dags/emmaa_after_update/runs/r%201/tasks/run_model_stats"
    )
    frame.get_by_label("State").select_option("failed")
    opened.page.wait_for_url("**/plugin/emmaa?*live=failed*")
    expect(frame.locator("tr[data-model]")).to_have_count(1)
    assert opened.dialogs == []


def test_a_refused_api_leaves_the_figures(
    opened: Browser, answers: Callable[[str, Any], None]
) -> None:
    answers("~/dagRuns/list", 403)
    opened.page.goto(f"{opened.base}/plugin/emmaa")
    frame = opened.page.frame_locator("iframe[title='EMMAA models']")
    expect(frame.locator("#live")).to_have_text(
        "states of runs are not available: Airflow answers 403"
    )
    expect(row(frame)).to_contain_text("3/4")


def test_a_link_leaves_the_frame(opened: Browser) -> None:
    frame = opened.overview()
    row(frame).locator("[data-stage=statistics] a").click()
    opened.page.wait_for_url(f"**/dags/{RUN['dag_id']}/runs/{RUN['run_id']}**")


def test_a_run_s_tab_shows_its_round(opened: Browser, two_days: TwoDays) -> None:
    run_id = round_of("rasmachine", two_days)
    runs = f"{two_days.stack.ui_url}/dags/{RUN['dag_id']}/runs"
    opened.page.goto(f"{runs}/{quote(run_id, safe='')}")
    opened.page.get_by_role("link", name="Round", exact=True).click()
    frame = opened.page.frame_locator("iframe[title='EMMAA round']")
    expect(frame.locator("h1")).to_have_text("Ras Machine")
    expect(frame.locator("main, table").first).to_contain_text("Tests passed")


def round_of(model: str, two_days: TwoDays) -> str:
    """Return the run of the model's newest round, according to what a job wrote."""
    key = f"{overview_prefix(model)}{Stage.MODEL_STATS}.json"
    body = two_days.stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return str(json.loads(body)["run_id"])


def test_a_model_s_page_shows_what_changed_and_has_an_address(opened: Browser) -> None:
    frame = opened.overview()
    row(frame, "rasmachine").get_by_role("link", name="Ras Machine").click()
    expect(frame.locator("h1")).to_have_text("Ras Machine")
    expect(frame.locator("h2").filter(has_text="Tests of")).not_to_have_count(0)
    opened.page.wait_for_url("**/plugin/emmaa?*page=model*")
    opened.page.reload()
    expect(frame.locator("h1")).to_have_text("Ras Machine")
    frame.get_by_role("link", name="All models").click()
    expect(row(frame)).to_be_visible()
    assert "page=model" not in opened.page.url


def test_a_phone_shows_cards(opened: Browser) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 800})
    try:
        frame = opened.overview("find=page_tests")
        assert row(frame).evaluate("e => getComputedStyle(e).display") == "block"
        width = "() => document.documentElement.scrollWidth <= innerWidth"
        assert frame.locator("html").evaluate(width)
    finally:
        opened.page.set_viewport_size({"width": 1400, "height": 1000})


def test_the_data_are_json_for_those_who_log_in(two_days: TwoDays, stored: None) -> None:
    url = f"{two_days.stack.ui_url}/emmaa/api/models"
    headers = {"Authorization": f"Bearer {token(two_days.stack)}"}
    answer = httpx.get(url, params={"find": "ras"}, headers=headers, timeout=60).json()
    assert {"rasmodel", "rasmachine"} <= {each["model"] for each in answer["models"]}
    assert httpx.get(url, timeout=60).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer x"}, timeout=60).status_code == 403


def test_an_expired_login_is_a_page_with_a_way_to_log_in(opened: Browser) -> None:
    opened.page.context.clear_cookies()
    opened.page.goto(f"{opened.base}/emmaa/overview")
    expect(opened.page.get_by_role("status")).to_have_text("Your login has expired.")
    opened.page.get_by_role("link", name="Log in").click()
    opened.page.wait_for_url("**/auth/login**")
