"""The front ends of ``make demo`` and ``make up``: what they print, and their exit codes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from emmaa_cycle.settings import load_settings
from infra.local import demo, up
from infra.local.aws.mails import SentMail
from infra.local.demo import Day, run_demo
from infra.local.report import display
from infra.local.report.cycle_progress import RunView
from infra.local.report.results import ModelOutcome, StageTime, TestOutcome
from infra.local.stack.airflow_environment import NO_SCHEDULE
from infra.local.stack.compose_stack import ComposeStack
from infra.local.stack.process_stack import Stack
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
FAILED = replace(RUN, state="failed", done=6, failed=("tests.run [large_corpus]",))
DAY = Day(
    since=datetime(2026, 1, 1, tzinfo=UTC),
    expected={"models": {"sandbox": {"action": "skip"}}},
    runs=[RUN],
    mails=[],
    faults=[],
)
FAULT = "run emmaa_after_update upload__1 failed: tests.run [large_corpus]"


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


def test_up_prints_the_login_and_leaves_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    made: list[FakeStack] = []

    def make(directory: Path, ui_port: int, aws_port: int, **options: Any) -> FakeStack:
        assert options["supervised"]
        folder = tmp_path / "a clone"
        made.append(FakeStack(folder, ui_port, aws_port, options["announce"]))
        return made[0]

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(["--ui-port", "81"]) == 0
    assert made[0].calls == ["start", "inbox 1"]
    text = console.export_text()
    assert f"`source '{tmp_path}/a clone/env.sh'` makes" in text.replace("\n", " ")
    assert "Airflow: http://127.0.0.1:81, login admin / s[e]cret" in text
    assert "`make down` ends the stack" in text


@pytest.mark.parametrize("argv", [[], ["--fresh"]])
def test_up_goes_on_with_the_last_starts_state_unless_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console, argv: list[str]
) -> None:
    made: list[FakeStack] = []

    def make(directory: Path, ui_port: int, aws_port: int, **options: Any) -> FakeStack:
        made.append(FakeStack(tmp_path, ui_port, aws_port, is_kept=not options["fresh"]))
        return made[0]

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(argv) == 0
    assert made[0].calls == (["start", "inbox 1"] if argv else ["start"])
    assert ("FRESH=1 starts with none" in console.export_text()) != bool(argv)


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a settings file that is not written yet."""
    monkeypatch.setenv("EMMAA_SETTINGS_FILE", "")
    monkeypatch.setenv("EMMAA_BUCKET", "emmaa")
    load_settings.cache_clear()
    yield tmp_path / "my settings.toml"
    load_settings.cache_clear()


def test_up_takes_a_settings_file_for_airflow_and_jobs(
    tmp_path: Path, settings_file: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    settings_file.write_text("[deadline]\ncron = 'never'\n")
    options: dict[str, Any] = {}

    def make(*ports: Any, **named: Any) -> FakeStack:
        options.update(named)
        return FakeStack(tmp_path)

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(["--settings", str(settings_file)]) == 0
    wanted = {"EMMAA_SETTINGS_FILE": str(settings_file)}
    assert options["settings"] == options["job_settings"] == wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a file"),
        ("[schedule", "not TOML"),
        ("[schedule]\nnonsense = 1", "nonsense"),
        ("aws_region = 'eu-west-1'", "aws_region is eu-west-1: the local stack is in us-east-1"),
    ],
)
def test_bad_settings_are_said_before_anything_starts(
    tmp_path: Path,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    console: Console,
    content: str | None,
    message: str,
) -> None:
    if content is not None:
        settings_file.write_text(content)
    stack = FakeStack(tmp_path)
    monkeypatch.setattr(up, "Stack", lambda *ports, **options: stack)
    assert up.main(["--settings", str(settings_file)]) == 2
    assert "start" not in stack.calls
    assert message in console.export_text()


def test_up_that_fails_ends_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    stack = FakeStack(tmp_path)

    def start() -> None:
        raise RuntimeError("the scheduler ended [Errno 28]")

    monkeypatch.setattr(stack, "start", start)
    monkeypatch.setattr(up, "Stack", lambda *ports, **options: stack)
    assert up.main([]) == 1
    assert stack.calls == ["stop"]
    assert "the scheduler ended [Errno 28]" in console.export_text()


def printed(*tables: object) -> str:
    console = Console(record=True, width=200)
    console.print(*tables)
    return console.export_text()


def test_the_table_of_runs_shows_failed_tasks_with_their_labels() -> None:
    text = printed(display.runs_table([replace(RUN, model=""), FAILED]))
    assert "│ all " in text
    assert "│ failed  │   6/7 │ tests.run [large_corpus] │" in text


def test_the_table_of_models_shows_what_is_new() -> None:
    outcome = ModelOutcome(
        model="rasmodel",
        round_date="2026-01-01-17-00-00",
        statements=12,
        new_statements=tuple(f"A{n} binds B[{n}]." for n in range(7)),
        tests=(TestOutcome("corpus", "pysb", passed=3, applied=4, new_passed=2),),
    )
    text = printed(display.models_table([outcome, replace(outcome, new_statements=())]))
    assert "+7" in text
    assert "A4 binds B[4]." in text
    assert "A5" not in text
    assert "and 2 more" in text
    assert "corpus pysb 3 / 4 (+2)" in text
    assert "–" in text


def test_the_other_tables() -> None:
    mail = SentMail(
        message_id="1",
        sender="emmaa@example.org",
        recipients=("ada@example.org", "bob@example.org"),
        subject="EMMAA: [new] answers",
        text="\n".join(["Dear Ada,", "KRAS activates RAF1. See https://example.org/x", *"abcdef"])
        + "\n--\nfooter",
        html="",
        return_path="",
        sent_at=0,
    )
    text = printed(
        display.mails_table([mail]),
        display.stages_table([StageTime("tests", jobs=2, seconds=3.21, longest=2.5)]),
        display.links_table("http://127.0.0.1:81", [RUN]),
    )
    assert (
        "│ ada@example.org, bob@example.org │ EMMAA: [new] answers │ KRAS activates RAF1." in text
    )
    assert "│ d " in text
    assert "│ … " in text  # the rest is in the browser
    assert "│ e " not in text
    assert "footer" not in text
    assert "│ tests │    2 │     3.2 │     2.5 │" in text
    assert "http://127.0.0.1:81/dags/emmaa_after_update/runs/upload__1" in text


def test_progress_tells_each_change_once() -> None:
    console = Console(record=True, width=120)
    with display.progress(console) as progress:
        for run in (replace(RUN, state="running"), replace(RUN, state="running"), RUN):
            progress.show([run])
    assert console.export_text().splitlines() == [
        "  emmaa_after_update rasmodel running (7/7 tasks)",
        "  emmaa_after_update rasmodel success (7/7 tasks)",
    ]
