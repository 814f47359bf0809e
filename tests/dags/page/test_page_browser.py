"""The EMMAA page in a headless Chromium, below a base path, without an Airflow around it.

Airflow's API answers what a test says. ``tests/e2e/test_page.py`` opens the page in a real Airflow.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect, sync_playwright

from emmaa_airflow.page.round_reader import RoundChanges
from emmaa_cycle.overview.changes import CorpusChanges, StatementChanges, Test, TestChange, Verdict
from emmaa_cycle.overview.series import Chart, Line
from tests.browser import FLAGS, browser_program
from tests.dags.page.test_page_app import HOSTILE, SomeFiles, hostile_model, model, serve
from tests.unit.page.page_bucket import DAY_1, DAY_2

#: As MWAA and some reverse proxies do it.
BASE = "/af"
MODEL, TITLE = "rasmodel", "Ras Model"
ATTACKER = HOSTILE.replace("/", "|")
AROUND = """<!doctype html><html class="light" style="--chakra-colors-bg: rgb(1, 2, 3)"><body>
<iframe title="EMMAA models" src="../emmaa/PAGE" style="width: 100%; height: 95vh; border: 0">
</iframe></body></html>"""


class Rounds:
    """Two rounds of any model, with a chart and a path."""

    def read(self, name: str, corpora: Any, date: str, before: str) -> RoundChanges:
        path = Verdict("Pass", "DUSP6 ⊣ MAPK1 → ELK1", is_path=True)
        test = Test("2", "DUSP6 inhibits ELK1.", {"pysb": path})
        corpus = CorpusChanges("ras_tests", ("pysb",), (TestChange(test, ("pysb",)),))
        charts = (Chart("Statements", (DAY_1, DAY_2), (Line("statements", (3, 5)),)),)
        changes = StatementChanges()
        return RoundChanges(name, DAY_2, DAY_1, (DAY_2, DAY_1), changes, (corpus,), charts)


class Server:
    """The page's app below a base path, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        inner, outer = FastAPI(), FastAPI()
        inner.mount("/emmaa", app)

        @inner.get("/plugin/emmaa")
        def around(page: str = "overview") -> HTMLResponse:
            return HTMLResponse(AROUND.replace("PAGE", page))

        outer.mount(BASE, inner)
        config = uvicorn.Config(outer, host="127.0.0.1", port=0, log_level="warning")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            self.thread.join(0.05)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}{BASE}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


class Opened:
    """A page, the addresses that it asked for, and what it did that it should not."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.answers: dict[str, Any] = {}
        self.sent: list[tuple[str, Any]] = []
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._note_dialog)
        page.on("request", self._note)
        page.route("**/api/v2/**", self._answer)

    def _note_dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, request: Any) -> None:
        if request.url.startswith("http") and not request.url.startswith(self.base):
            self.foreign.append(request.url)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix(f"{BASE}/api/v2/")
        if route.request.method == "POST" and not path.endswith("/list"):
            self.sent.append((path, route.request.post_data_json))
        document = self.answers.get(path, 404)
        status = document if isinstance(document, int) else 200
        route.fulfill(status=status, json={} if status != 200 else document)

    def show(self, page: str = "overview") -> FrameLocator:
        self.page.goto(f"{self.base}/plugin/emmaa?page={page}")
        return self.page.frame_locator("iframe")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    client = serve(
        monkeypatch, model(MODEL, TITLE), hostile_model(), rounds=Rounds(), files=SomeFiles()
    )
    with Server(client.app) as base:
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        opened = Opened(page, base)
        expect.set_options(timeout=30_000)
        yield opened
        page.close()
    assert (opened.errors, opened.dialogs, opened.foreign) == ([], [], [])


def row(frame: FrameLocator, name: str = MODEL) -> Any:
    return frame.locator(f"tr[data-model={json.dumps(name)}]")


def task(task_id: str, state: str) -> dict[str, Any]:
    return {
        "dag_id": "emmaa_after_update",
        "dag_run_id": "r 1",
        "task_id": task_id,
        "map_index": -1,
        "state": state,
        "run_after": "2026-03-03T17:00:00Z",
        "rendered_map_index": None,
    }


def airflow_knows(opened: Opened, *tasks: dict[str, Any]) -> None:
    run = {"dag_id": "emmaa_after_update", "dag_run_id": "r 1", "conf": {"model": MODEL}}
    opened.answers |= {
        "dags/~/dagRuns/list": {"dag_runs": [run], "total_entries": 1},
        "dags/~/dagRuns/~/taskInstances/list": {
            "task_instances": tasks,
            "total_entries": len(tasks),
        },
        "dags/emmaa_update_pipeline": {"is_paused": False, "next_dagrun_run_after": None},
    }


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
