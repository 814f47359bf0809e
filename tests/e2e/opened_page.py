"""A browser that has the EMMAA page open in a real Airflow, and models of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from emmaa_cycle.overview.part import Part, part_text
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.stages import Stage
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.process_stack import Stack
from tests.e2e.test_browser import FLAGS, browser_program, log_in
from tests.unit.page.page_bucket import parts

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
#: Models of the tests' own; the second one's every text is an attack.
MODEL, ATTACKER = "page_tests", HOSTILE.replace("/", "|")
RUN = {"dag_id": "emmaa_after_update", "run_id": "manual__page_tests"}
TITLE = "Model of the page's tests"


def made_up_parts(model: str, title: str, text: str) -> Iterator[Part]:
    for part in parts(model, title):
        document = {**part.document(), **RUN, "summary": text}
        if part.stage is Stage.MODEL_STATS:
            document["figures"]["news"] = [{"hash": "1", "sentence": text, "evidence": 2}]
        yield Part.model_validate_json(json.dumps(document))


def stored_models(stack: Stack) -> Iterator[None]:
    """Store the overview of both models in the bucket, as jobs would."""
    s3 = stack.client("s3")
    keys = []
    for model, title, text in (
        (MODEL, TITLE, "KRAS activates BRAF."),
        (ATTACKER, HOSTILE, HOSTILE),
    ):
        for part in made_up_parts(model, title, text):
            s3.put_object(Bucket=BUCKET, Key=part.key, Body=part_text(part).encode())
            keys.append(part.key)
    yield
    for key in keys:
        s3.delete_object(Bucket=BUCKET, Key=key)


class Browser:
    """A page that is logged in, and what it did that it should not."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.blocked: list[str] = []
        page.on("request", self._note_request)
        page.on("dialog", self._note_dialog)
        page.on("console", self._note_console)

    def _note_request(self, request: Any) -> None:
        if request.url.startswith("http") and urlsplit(request.url).netloc != self.host:
            self.foreign.append(request.url)

    def _note_dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note_console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.blocked.append(message.text)

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc

    def overview(self, query: str = "") -> FrameLocator:
        """Open the page from Airflow with all objects reread, and wait for the states of runs."""
        self.page.goto(f"{self.base}/plugin/emmaa?{query}&fresh=1")
        frame = self.page.frame_locator("iframe[title='EMMAA models']")
        expect(frame.locator("#live")).to_contain_text("failed")
        return frame


def opened_browser(stack: Stack, profile: Path) -> Iterator[Browser]:
    """Log in with a browser, and wait until the page shows the models of the tests."""
    program = browser_program()
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
        log_in(page, stack)
        # The first look may come before the objects were stored.
        page.goto(f"{stack.ui_url}/emmaa/overview?fresh=1")
        wait_for_model(page)
        yield Browser(page, stack.ui_url)
        context.close()


def wait_for_model(page: Page) -> None:
    page.wait_for_function(
        f"""() => {{
            if (document.querySelector('[data-model="{MODEL}"]')) return true;
            setTimeout(() => location.reload(), 1000);
            return false;
        }}""",
        polling=2000,
    )


def row(frame: FrameLocator, model: str = MODEL) -> Any:
    return frame.locator(f"tr[data-model={json.dumps(model)}]")


def token(stack: Stack) -> str:
    answer = httpx.post(
        f"{stack.ui_url}/auth/token",
        json={"username": USERNAME, "password": stack.password},
        timeout=60,
    )
    return str(answer.json()["access_token"])
