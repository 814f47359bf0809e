"""The EMMAA page below a base path, and a browser that has it open, without an Airflow around it.

Airflow's API answers what a test says.
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import FrameLocator, Page, Route

from emmaa_airflow.page.files import Download
from emmaa_airflow.page.round_reader import RoundChanges
from emmaa_cycle.overview.changes import CorpusChanges, StatementChanges, Test, TestChange, Verdict
from emmaa_cycle.overview.query_answers import AnswerItem, QueryAnswer, QueryAnswers
from emmaa_cycle.overview.series import Chart, Line
from tests.dags.page.served_page import HOSTILE, SomeFiles
from tests.unit.page.page_bucket import DAY_1, DAY_2

#: As MWAA and some reverse proxies do it.
BASE = "/af"
MODEL, TITLE = "rasmodel", "Ras Model"
ATTACKER = HOSTILE.replace("/", "|")
AROUND = """<!doctype html><html class="light" style="--chakra-colors-bg: rgb(1, 2, 3)"><body>
<iframe title="EMMAA models" src="../emmaa/PAGE" style="width: 100%; height: 95vh; border: 0">
</iframe></body></html>"""


#: The plot of a query's answer: one transparent pixel.
PLOT = f"query_images/{MODEL}/a_obs_{DAY_2}.png"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class PlottedFiles(SomeFiles):
    """Files of which one is a picture."""

    def open(self, model: str, key: str) -> Download:
        if key != PLOT:
            return super().open(model, key)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
        return Download(iter([PIXEL]), headers)


class Rounds:
    """Two rounds of any model, with a chart, a path and answers."""

    def read(self, name: str, corpora: Any, date: str, before: str) -> RoundChanges:
        path = Verdict("Pass", "DUSP6 ⊣ MAPK1 → ELK1", is_path=True)
        test = Test("2", "DUSP6 inhibits ELK1.", {"pysb": path})
        corpus = CorpusChanges("ras_tests", ("pysb",), (TestChange(test, ("pysb",)),))
        charts = (Chart("Statements", (DAY_1, DAY_2), (Line("statements", (3, 5)),)),)
        changes = StatementChanges()
        plot = AnswerItem(text="holds in 100 % of 2 simulations", plot=PLOT)
        answered = QueryAnswer(query="Active MAPK1 is high.", kind="dynamic", items=(plot,))
        answers = QueryAnswers(model=MODEL, date=DAY_2, answers=(answered,))
        return RoundChanges(
            name, DAY_2, DAY_1, (DAY_2, DAY_1), changes, (corpus,), charts, answers=answers
        )


class Server:
    """The page's app below a base path, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        inner, outer = FastAPI(), FastAPI()
        inner.mount("/emmaa", app)

        @inner.get("/plugin/emmaa")
        def around(page: str = "overview") -> HTMLResponse:
            return HTMLResponse(AROUND.replace("PAGE", page))

        outer.mount(BASE, inner)
        # Without WebSockets: those of the uvicorn of Airflow 3.2.1 warn when they are imported.
        config = uvicorn.Config(outer, host="127.0.0.1", port=0, log_level="warning", ws="none")
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


def row(frame: FrameLocator, name: str = MODEL) -> Any:
    return frame.locator(f"tr[data-model={json.dumps(name)}]")


def task(task_id: str, state: str, run: str = "r 1") -> dict[str, Any]:
    return {
        "dag_id": "emmaa_after_update",
        "dag_run_id": run,
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
