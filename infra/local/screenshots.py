"""``make screenshots``: the pictures of README and docs, taken of the demo in a headless Chromium.

Runs a day of the demo on a separate stack, opens the EMMAA page in Airflow, and writes
``docs/images/page-….png``. Needs Chromium or Chrome; ``EMMAA_BROWSER`` may name one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError
from infra.local.command import run_with
from infra.local.demo import run_day
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import NO_SCHEDULE, USERNAME
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.process_stack import Stack
from infra.local.stack.running_stack import ReachedStack
from infra.local.stack.state_file import state_folder

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page
    from rich.console import Console

IMAGES = REPOSITORY / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
WIDE, TALL, SHORT, PHONE = (1400, 760), (1400, 1500), (1400, 440), (375, 812)
_PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Picture:
    """One picture.

    :param query: of the page's address
    :param ready: a selector of what is shown last
    :param act: what to do before the picture is taken
    """

    name: str
    query: str
    ready: str
    size: tuple[int, int] = WIDE
    dark: bool = False
    act: Callable[[FrameLocator], None] = lambda frame: None


def _open_dialog(frame: FrameLocator) -> None:
    frame.locator("[data-start=rasmachine]").click()


def _to_answers(frame: FrameLocator) -> None:
    frame.get_by_role("heading", name="Answers").evaluate("heading => heading.scrollIntoView()")
    for plot in frame.locator("img.plot").all():
        plot.evaluate("image => image.decode()")


# Not while models are being read: the page then loads itself again.
OVERVIEW = "body:not(:has([data-unread])) #live:has-text('failed')"
CHART = "[data-chart] canvas"
PICTURES = (
    Picture("page-overview", "fresh=1", OVERVIEW),
    Picture("page-overview-dark", "", OVERVIEW, dark=True),
    Picture("page-overview-phone", "", OVERVIEW, size=PHONE),
    Picture("page-dialog", "", OVERVIEW, act=_open_dialog),
    Picture("page-model", "page=model&model=rasmachine", CHART, size=TALL),
    Picture("page-answers", "page=model&model=rasmodel", CHART, act=_to_answers),
    Picture("page-cost", "page=cost", "table.costs", size=SHORT),
)


def browser_program() -> str:
    """Return a Chromium or Chrome.

    :raises InputError: if there is none.
    """
    found = os.environ.get("EMMAA_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise InputError(
            f"no browser: none of {', '.join(BROWSERS)} is installed, and EMMAA_BROWSER names none"
        )
    return found


def take(stack: ReachedStack, folder: Path, pictures: Sequence[Picture] = PICTURES) -> list[Path]:
    """Take pictures of the EMMAA page of a running stack, and return their files."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=list(FLAGS))
        page = browser.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(f"{stack.ui_url}/auth/login")
        page.fill("input[name=username]", USERNAME)
        page.fill("input[name=password]", stack.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "login" not in url)
        taken = [_take(page, stack.ui_url, folder, picture) for picture in pictures]
        browser.close()
    return taken


def _take(page: Page, base: str, folder: Path, picture: Picture) -> Path:
    page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
    # Airflow's own switch keeps its choice here.
    theme = "dark" if picture.dark else "light"
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.goto(f"{base}/plugin/emmaa?{picture.query}")
    frame = page.frame_locator("iframe[title='EMMAA models']")
    frame.locator(f"html[data-theme={theme}]").wait_for()
    frame.locator(picture.ready).first.wait_for()
    picture.act(frame)
    file = folder / f"{picture.name}.png"
    page.screenshot(path=file)
    return file


def screenshots(console: Console, folder: Path) -> int:
    """Run a day of the demo, which follows a seeded one, and take the pictures."""
    browser_program()
    stack = Stack(state_folder("screenshots"), 0, 0, announce=console.print, settings=NO_SCHEDULE)

    def work() -> int:
        stack.start()
        faults = run_day(stack, console, stack.next_day()).faults
        for fault in faults:
            console.print(fault, style="red", markup=False)
        for file in take(stack, folder):
            console.print(str(file), markup=False)
        return int(bool(faults))

    return run_with(stack, console, work)


def main(argv: Sequence[str] | None = None) -> int:
    """Take the pictures and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=IMAGES, help="where the pictures go")
    options = parser.parse_args(argv)
    console = make_console()
    try:
        return screenshots(console, options.folder)
    except InputError as error:
        console.print(str(error), style="red", markup=False)
        return 2


if __name__ == "__main__":
    sys.exit(main())
