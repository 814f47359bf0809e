"""The display while a cycle runs, and the report at its end.

What comes from a run or a mail is shown as :class:`~rich.text.Text`: Rich takes brackets in a plain
string for markup, and a failed task's map index stands in brackets.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.local.aws.mails import SentMail
from infra.local.report.cycle_progress import RunView
from infra.local.report.results import ModelOutcome, StageTime

_STYLES = {"success": "green", "failed": "red", "running": "yellow", "queued": "dim"}
_SHOWN_STATEMENTS = 5
#: So many lines of a mail are shown; `make mails` shows all of it.
_SHOWN_LINES = 5
#: Output that is not a terminal has no width.
_PLAIN_WIDTH = 120


def make_console() -> Console:
    """Return the console of the local commands, wide enough for the tables in a file too."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


class Progress:
    """Live progress of runs: a table on a terminal, a line at each change elsewhere."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console = console
        self._live = live
        self._last: dict[str, str] = {}

    def show(self, runs: list[RunView]) -> None:
        """Show the runs as they are now."""
        if self._live is not None:
            self._live.update(_runs_table(runs))
            return
        for run in runs:
            line = f"{run.dag_id} {run.model} {run.state}"
            if run.state != self._last.get(run.run_id):
                self._last[run.run_id] = run.state
                self._console.print(Text(f"  {line} ({run.done}/{run.total} tasks)"))


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """Show progress while the block runs."""
    if not console.is_terminal:
        yield Progress(console, None)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield Progress(console, live)


def report_tables(
    ui_url: str,
    runs: list[RunView],
    outcomes: list[ModelOutcome],
    times: list[StageTime],
    mails: list[SentMail],
) -> list[Table]:
    """Return the tables of a cycle's report, in their order.

    :param ui_url: the address of Airflow's UI
    :param outcomes: the models' rounds
    :param times: the seconds of each stage's Batch jobs
    :param mails: what SES accepted
    """
    return [
        _runs_table(runs),
        _models_table(outcomes),
        _stages_table(times),
        _mails_table(mails),
        _links_table(ui_url, runs),
    ]


def _runs_table(runs: list[RunView]) -> Table:
    """Return the runs of a cycle, one a row."""
    table = Table(title="DAG runs", title_justify="left")
    for column in ("DAG", "model", "state", "tasks", "failed"):
        table.add_column(column, justify="right" if column == "tasks" else "left")
    for run in runs:
        table.add_row(
            run.dag_id,
            Text(run.model or "all"),
            Text(run.state, _STYLES.get(run.state, "")),
            f"{run.done}/{run.total}",
            Text(", ".join(run.failed)),
        )
    return table


def _models_table(outcomes: list[ModelOutcome]) -> Table:
    """Return a table of the models, with what is new in each."""
    table = Table(title="Models", title_justify="left", show_lines=True)
    for column in ("model", "statements", "new", "tests: passed / applied (newly passed)"):
        table.add_column(column, justify="right" if column == "statements" else "left")
    for outcome in outcomes:
        tests = Table.grid(padding=(0, 1))
        for test in outcome.tests:
            new = f"(+{test.new_passed})" if test.new_passed else ""
            tests.add_row(
                Text(test.corpus),
                test.model_type,
                f"{test.passed} / {test.applied}",
                Text(new, "green"),
            )
        news = Text(_new_statements(outcome))
        table.add_row(Text(outcome.model), str(outcome.statements), news, tests)
    return table


def _new_statements(outcome: ModelOutcome) -> str:
    new = outcome.new_statements
    shown = [*new[:_SHOWN_STATEMENTS]]
    if len(new) > len(shown):
        shown.append(f"and {len(new) - len(shown)} more")
    return "\n".join([f"+{len(new)}", *shown]) if new else "–"


def _stages_table(times: list[StageTime]) -> Table:
    """Return a table of the seconds that each stage's Batch jobs ran."""
    table = Table(title="Batch jobs", title_justify="left")
    for column in ("stage", "jobs", "seconds", "longest"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for time in times:
        table.add_row(
            Text(time.stage), str(time.jobs), f"{time.seconds:.1f}", f"{time.longest:.1f}"
        )
    return table


def _mails_table(mails: list[SentMail]) -> Table:
    """Return the mails that SES accepted."""
    table = Table(title="Mails accepted by SES", title_justify="left")
    for column in ("to", "subject", "beginning"):
        table.add_column(column)
    for mail in mails:
        recipients = ", ".join(mail.recipients)
        table.add_row(Text(recipients), Text(mail.subject), Text(_beginning(mail.text)))
    return table


def _beginning(text: str) -> str:
    """Return the first lines of a mail's text, without greeting, links and footer."""
    body = itertools.takewhile(lambda line: line.rstrip() != "--", text.splitlines()[1:])
    lines = (re.sub(r"(See |: )?https?://\S+", "", line).strip() for line in body)
    filled = [line for line in lines if line]
    shown = filled[:_SHOWN_LINES]
    if len(filled) > len(shown):
        shown.append("…")
    return "\n".join(shown)


def _links_table(ui_url: str, runs: list[RunView]) -> Table:
    """Return a table of the runs' addresses in Airflow's UI."""
    table = Table(title="In Airflow's UI", title_justify="left", show_header=False)
    table.add_column(overflow="fold")
    for run in runs:
        table.add_row(Text(f"{ui_url}/dags/{run.dag_id}/runs/{run.run_id}"))
    return table
