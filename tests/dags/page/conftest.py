"""The browser and the server of the page's tests: one of each for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import FLAGS, browser_program
from tests.dags.page.opened_page import (
    MODEL,
    TITLE,
    Opened,
    PlottedFiles,
    Rounds,
    Server,
)
from tests.dags.page.served_page import hostile_model, model, serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Serve the same to all tests."""
    expect.set_options(timeout=30_000)
    with pytest.MonkeyPatch.context() as patch:
        client = serve(
            patch, model(MODEL, TITLE), hostile_model(), rounds=Rounds(), files=PlottedFiles()
        )
        with Server(client.app) as address:
            yield address


@pytest.fixture
def opened(browser: Browser, base: str) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    opened = Opened(page, base)
    yield opened
    page.close()
    assert (opened.errors, opened.dialogs, opened.foreign) == ([], [], [])
