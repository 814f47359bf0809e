"""Charts, pictures, files, links and phones, in a headless Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.dags.page.opened_page import (
    MODEL,
    TITLE,
    Opened,
    airflow_knows,
    task,
)
from tests.unit.page.page_bucket import DAY_2


def test_the_plot_of_an_answer_is_a_picture(opened: Opened) -> None:
    frame = opened.show(f"model?model={MODEL}")
    plot = frame.get_by_role("img", name="Active MAPK1 is high.")
    plot.scroll_into_view_if_needed()
    expect(plot).to_have_js_property("naturalWidth", 1)
    expect(frame.get_by_role("row", name="Active MAPK1")).to_contain_text("holds in 100 %")


def test_a_chart_is_drawn_follows_the_theme_and_stands_there_as_a_table(opened: Opened) -> None:
    frame = opened.show(f"model?model={MODEL}")
    canvas = frame.locator("[data-chart] canvas")
    expect(canvas).to_have_count(1)
    drawing = "canvas => canvas.toDataURL()"
    light = canvas.evaluate(drawing)
    blank = "canvas => Object.assign(document.createElement('canvas'), " \
        "{width: canvas.width, height: canvas.height}).toDataURL()"  # fmt: skip
    assert light != canvas.evaluate(blank)
    opened.page.locator("html").evaluate("e => { e.className = 'dark'; }")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    opened.page.wait_for_timeout(300)
    assert canvas.evaluate(drawing) != light
    assert frame.locator("html").evaluate(
        "e => getComputedStyle(e).getPropertyValue('--bg').trim()"
    ) == "rgb(1, 2, 3)"  # fmt: skip
    drawn = frame.get_by_role("img", name="DUSP6 ⊣ MAPK1 → ELK1")
    expect(drawn).to_be_visible()
    frame.get_by_text("As tables").click()
    expect(frame.get_by_role("columnheader", name="statements")).to_be_visible()
    expect(frame.get_by_role("row", name=f"{DAY_2} 5")).to_be_visible()


def test_the_links_of_a_round_s_tasks_come_from_airflow(opened: Opened) -> None:
    runs = "dags/d/dagRuns/r/taskInstances"
    opened.answers[runs] = {"task_instances": [task("run_model_stats", "success")]}
    links = {"Job log": "https://console.example/log", "Bad": "javascript:alert(1)"}
    opened.answers[f"{runs}/run_model_stats/links"] = {"extra_links": links}
    frame = opened.show(f"model?model={MODEL}")
    frame.locator("#links tbody").evaluate(
        "e => { e.innerHTML = '<tr><td data-dag=d data-run=r data-tasks=run_model_stats"
        " data-only></td></tr>'; }"
    )
    frame.get_by_text("Runs, jobs and logs").click()
    link = frame.get_by_role("link", name="Job log")
    expect(link).to_have_attribute("href", "https://console.example/log")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(frame.get_by_role("link", name="Bad")).to_have_count(0)


def test_a_file_is_downloaded_out_of_the_frame(opened: Opened) -> None:
    frame = opened.show(f"files?model={MODEL}")
    link = frame.locator("td a").first
    link.evaluate("a => { a.href = a.href.replace(/key=.*/, 'key=exports/rasmodel/a.txt'); }")
    with opened.page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == b"one two"


@pytest.mark.parametrize(
    "page", ["overview", f"model?model={MODEL}", f"files?model={MODEL}", "cost"]
)
def test_a_phone_shows_all_of_it_without_scrolling_sideways(opened: Opened, page: str) -> None:
    opened.page.set_viewport_size({"width": 375, "height": 800})
    opened.page.goto(f"{opened.base}/emmaa/{page}")
    expect(opened.page.locator("h1")).to_be_visible()
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_address_around_the_frame_leads_back(opened: Opened) -> None:
    airflow_knows(opened)
    frame = opened.show("overview?find=ras")
    opened.page.wait_for_url("**/plugin/emmaa?find=ras*")
    frame.get_by_role("link", name=TITLE).click()
    opened.page.wait_for_url("**/plugin/emmaa?*page=model*")
