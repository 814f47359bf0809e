"""The front end of ``make demo``: what it prints, and its exit codes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from infra.local import demo
from infra.local.demo import Day, run_demo
from infra.local.stack.airflow_environment import NO_SCHEDULE
from infra.local.stack.compose_stack import ComposeStack
from infra.local.stack.process_stack import Stack
from infra.local.stack.running_stack import ReachedStack
from tests.unit.local.front_ends import RUN, FakeStack, console

__all__ = ["console"]

DAY = Day(
    since=datetime(2026, 1, 1, tzinfo=UTC),
    expected={"models": {"sandbox": {"action": "skip"}}},
    runs=[RUN],
    mails=[],
    faults=[],
)
FAULT = "run emmaa_after_update upload__1 failed: tests.run [large_corpus]"


@contextlib.contextmanager
def a_day(monkeypatch: pytest.MonkeyPatch, day: Day) -> Iterator[None]:
    """Let the day have happened, on a stack that has no statistics and jobs."""
    monkeypatch.setattr(demo, "run_day", lambda stack, console, number: day)
    monkeypatch.setattr(demo, "stage_times", lambda batch, since: [])
    monkeypatch.setattr(ReachedStack, "client", lambda stack, service: None)
    yield


@pytest.mark.parametrize(("faults", "code"), [([], 0), ([FAULT], 1)])
@pytest.mark.parametrize("keep", [False, True])
def test_faults_are_named_and_make_the_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    console: Console,
    faults: list[str],
    code: int,
    keep: bool,
) -> None:
    stack = FakeStack(tmp_path, guarded=True)
    with a_day(monkeypatch, replace(DAY, faults=faults)):
        assert run_demo(stack, console, keep=keep) == code
    text = console.export_text()
    assert stack.kept == keep
    assert (FAULT in text) == bool(faults)
    assert ("Kept running: http://127.0.0.1:8080 (login admin / s[e]cret)" in text) == keep
    assert ("`make demo KEEP=1` keeps this one" in text) != keep
    assert "Skipped, as their configs say: sandbox." in text


@pytest.mark.parametrize("guarded", [True, False])
def test_what_was_not_checked_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console, guarded: bool
) -> None:
    with a_day(monkeypatch, DAY):
        demo.report(FakeStack(tmp_path, guarded=guarded), console, DAY)
    assert ("leave this machine was not checked" in console.export_text()) != guarded


def test_only_a_stack_of_processes_is_guarded(tmp_path: Path) -> None:
    assert Stack(tmp_path).guarded
    assert not ComposeStack(tmp_path).guarded


@pytest.mark.parametrize(
    ("argv", "kind", "kept"),
    [([], Stack, False), (["--keep"], Stack, True), (["--stack", "compose"], ComposeStack, True)],
)
def test_the_command_chooses_its_stack(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], kind: type[ReachedStack], kept: bool
) -> None:
    chosen: list[tuple[ReachedStack, bool]] = []

    def run(stack: ReachedStack, console: Console, *, keep: bool) -> int:
        chosen.append((stack, keep))
        return 0

    monkeypatch.setattr(demo, "run_demo", run)
    assert demo.main([*argv, "--ui-port", "81", "--aws-port", "82"]) == 0
    ((stack, keep),) = chosen
    assert (type(stack), keep, stack.ui_port, stack.aws_port) == (kind, kept, 81, 82)
    if isinstance(stack, Stack):
        assert stack.settings == NO_SCHEDULE, "a run of their own would be taken for the demo's"
