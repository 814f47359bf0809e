"""The report of ``make demo``: its tables, and the progress of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from infra.local.aws.mails import SentMail
from infra.local.report import display
from infra.local.report.cycle_progress import RunView
from infra.local.report.results import ModelOutcome, StageTime, TestOutcome
from tests.unit.local.front_ends import RUN

FAILED = replace(RUN, state="failed", done=6, failed=("tests.run [large_corpus]",))


def printed(
    *,
    ui_url: str = "",
    runs: Sequence[RunView] = (),
    outcomes: Sequence[ModelOutcome] = (),
    times: Sequence[StageTime] = (),
    mails: Sequence[SentMail] = (),
) -> str:
    """Return the report's tables as text."""
    console = Console(record=True, width=200)
    console.print(
        *display.report_tables(ui_url, list(runs), list(outcomes), list(times), list(mails))
    )
    return console.export_text()


def test_the_table_of_runs_shows_failed_tasks_with_their_labels() -> None:
    text = printed(runs=[replace(RUN, model=""), FAILED])
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
    text = printed(outcomes=[outcome, replace(outcome, new_statements=())])
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
        ui_url="http://127.0.0.1:81",
        runs=[RUN],
        times=[StageTime("tests", jobs=2, seconds=3.21, longest=2.5)],
        mails=[mail],
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
