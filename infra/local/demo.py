"""``make demo``: one day of the cycle on this machine, from the schedule to the mails.

Starts the stack, seeds it, triggers today's ``emmaa_update_pipeline``, follows every run that
results, runs the mail cycle, reports, and cleans up. Exit code 0 only if every run succeeded
and every expected S3 object exists. No run starts by its own schedule meanwhile, whatever the time
of day, unless the stack is another's: ``--stack compose`` takes the stack of docker-compose.yaml,
which must be up, instead of starting one, and leaves it running.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from emmaa_cycle.resources import BUCKET
from infra.local.aws.mails import SentMail, sent_mails
from infra.local.command import run_with
from infra.local.report import display
from infra.local.report.check import missing_objects
from infra.local.report.cycle_progress import (
    Cycle,
    RunView,
    failed_beside,
    follow_cycle,
    follow_run,
)
from infra.local.report.results import model_outcome, stage_times
from infra.local.stack.airflow_environment import NO_SCHEDULE, USERNAME
from infra.local.stack.compose_stack import ComposeStack
from infra.local.stack.process_stack import Stack
from infra.local.stack.running_stack import ReachedStack
from infra.local.stack.state_file import state_folder
from infra.local.stack.supervisor import events

PIPELINE = "emmaa_update_pipeline"
EMAIL = "emmaa_email_notifications"


@dataclass(frozen=True)
class Day:
    """One day's cycle that has ended.

    :param since: when it was triggered, UTC
    :param expected: what the seeder says it must make
    :param runs: all its runs, the mail cycle's last
    :param mails: what SES accepted from it
    :param faults: what is wrong, in words; empty if all is well
    """

    since: datetime
    expected: dict[str, Any]
    runs: list[RunView]
    mails: list[SentMail]
    faults: list[str]


def run_day(stack: ReachedStack, console: Console, number: int) -> Day:
    """Add a day's reader output, run the cycle and then the mail cycle.

    :param number: the day of the seed data, 1 or 2
    """
    since = datetime.now(UTC).replace(microsecond=0)
    airflow = stack.airflow
    earlier = sent_mails(stack.aws_url)
    watched = stack.watched
    # It takes seconds to say what is expected, and the cycle need not wait for it.
    with ThreadPoolExecutor(1) as beside:
        wanted = beside.submit(stack.expected, number)
        stack.add_inbox(number, since.date())
        airflow.trigger(PIPELINE, {}, since)
        expected = wanted.result()
    models = frozenset(m for m, plan in expected["models"].items() if plan["action"] != "skip")
    with display.progress(console) as progress:
        runs = follow_cycle(airflow, Cycle(since, models), progress.show, watched=watched)
        email = airflow.trigger(EMAIL, {}, datetime.now(UTC))

        def show_last(last: list[RunView]) -> None:
            progress.show([*runs, *last])

        runs.append(follow_run(airflow, EMAIL, email, show_last, watched=watched))
    mails = sent_mails(stack.aws_url)[len(earlier) :]
    faults = _faults(stack, Cycle(since, models), expected, runs) + _mail_faults(expected, mails)
    return Day(since, expected, runs, mails, faults)


def _faults(
    stack: ReachedStack, cycle: Cycle, expected: dict[str, Any], runs: list[RunView]
) -> list[str]:
    faults = [
        f"run {run.dag_id} {run.run_id} {run.state}: {', '.join(run.failed) or 'no task failed'}"
        for run in runs
        if run.state != "success"
    ]
    faults += [f"run {run} failed" for run in failed_beside(stack.airflow, cycle.since)]
    faults += [f"no run of {run}" for run in cycle.missing(runs)]
    missing = missing_objects(stack.client("s3"), expected, cycle.since)
    faults += [f"no object s3://{BUCKET}/{key}" for key in missing]
    if stack.guarded and stack.guard_log.exists():
        faults.append(f"something tried to leave this machine: {stack.guard_log.read_text()}")
    return faults


def _mail_faults(expected: dict[str, Any], mails: list[SentMail]) -> list[str]:
    """Return a message for each user whose number of mails differs from the seed data."""
    wanted = Counter({who: len(models) for who, models in expected["model_mails"].items()})
    wanted.update(list(expected["query_mails"]))
    sent = Counter(recipient for mail in mails for recipient in mail.recipients)
    return [
        f"{sent[who]} instead of {wanted[who]} mails to {who}"
        for who in sorted(wanted.keys() | sent.keys())
        if sent[who] != wanted[who]
    ]


def report(stack: ReachedStack, console: Console, day: Day) -> None:
    """Print what the day made and where to look."""
    s3 = stack.client("s3")
    outcomes = [
        outcome
        for model, plan in day.expected["models"].items()
        if plan["action"] != "skip"
        and (outcome := model_outcome(s3, model, plan["corpora"], day.since))
    ]
    skipped = [m for m, plan in day.expected["models"].items() if plan["action"] == "skip"]
    times = stage_times(stack.client("batch"), day.since)
    for table in display.report_tables(stack.ui_url, day.runs, outcomes, times, day.mails):
        console.print(table)
    console.print(f"Skipped, as their configs say: {', '.join(skipped) or 'none'}.")
    if not stack.guarded:
        console.print("Whether anything tried to leave this machine was not checked.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code."""
    options = _parser().parse_args(argv)
    console = display.make_console()
    ports, announce = (options.ui_port, options.aws_port), console.print
    stack: ReachedStack
    if options.stack == "compose":
        stack = ComposeStack(state_folder("compose"), *ports, announce=announce)
    else:
        stack = Stack(
            state_folder("demo"),
            *ports,
            announce=announce,
            settings=NO_SCHEDULE,
            supervised=True,
            brief=not options.keep,
        )
    keep = options.keep or isinstance(stack, ComposeStack)
    return run_with(stack, console, lambda: run_demo(stack, console, keep=keep))


def run_demo(stack: ReachedStack, console: Console, *, keep: bool) -> int:
    """Start a stack, run the next day on it, report, and return the exit code.

    :param keep: whether the stack is left running
    """
    started = time.monotonic()
    stack.start()
    ready = time.monotonic()
    console.print(f"Ready after {ready - started:.0f} s; starting today's cycle.")
    day = run_day(stack, console, stack.next_day())
    ended = time.monotonic()
    report(stack, console, day)
    console.print(f"Cycle and mails took {ended - ready:.0f} s, all {ended - started:.0f} s.")
    for event in events(stack.directory):
        console.print(Text(event, "yellow"))
    for fault in day.faults:
        console.print(Text(fault, "red"))
    if keep:
        console.print(
            f"Kept running: {stack.ui_url} (login {USERNAME} / {escape(stack.password)});"
            f" end it with `{stack.end_command}`."
        )
    else:
        console.print(
            "The links work while a stack is up: `make demo KEEP=1` keeps this one,"
            " `make up` starts a fresh one."
        )
    stack.kept = keep
    return 1 if day.faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.demo", description=__doc__)
    parser.add_argument("--ui-port", type=int, default=8080, help="port of Airflow's UI; 0: any")
    parser.add_argument("--aws-port", type=int, default=5555, help="port of the AWS; 0: any")
    parser.add_argument(
        "--stack",
        choices=["own", "compose"],
        default="own",
        help="the stack to run on: one that this command starts, or docker-compose.yaml's",
    )
    parser.add_argument("--keep", action="store_true", help="leave the stack running")
    return parser


if __name__ == "__main__":
    sys.exit(main())
