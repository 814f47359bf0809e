"""A stack that starts and ends nothing, a run, and a console: for tests of the front ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from infra.local import up
from infra.local.report import display
from infra.local.report.cycle_progress import RunView
from infra.local.stack.running_stack import ReachedStack

RUN = RunView(
    dag_id="emmaa_after_update",
    run_id="upload__1",
    model="rasmodel",
    state="success",
    done=7,
    total=7,
    failed=(),
)


@dataclass
class FakeStack(ReachedStack):
    """Starts and ends nothing, and says what it was asked."""

    calls: list[str] = field(default_factory=list)
    password: str = "s[e]cret"
    is_kept: bool = False

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def next_day(self) -> int:
        return 1

    def add_inbox(self, day_number: int, day: Any) -> None:
        self.calls.append(f"inbox {day_number}")


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(record=True, width=200, highlight=False)
    monkeypatch.setattr(display, "make_console", lambda: console)
    monkeypatch.setattr(up, "make_console", lambda: console)
    return console
