"""The seeder's commands; each prints what it did, ``expected`` prints JSON and nothing else."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from emmaa_cycle.dates import parse_day
from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.flags import day
from emmaa_jobs.commands.process_end import leave


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    try:
        _run(options)
    except InputError as error:
        print(f"bad input: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def _run(options: argparse.Namespace) -> None:
    from infra.local.seed.expected import expected
    from infra.local.seed.history import write_history
    from infra.local.seed.inbox import next_day, upload_inbox

    if options.command == "expected":
        print(json.dumps(expected(options.day), indent=1, ensure_ascii=False))
        return
    bucket = Bucket(load_settings().bucket)
    if options.command == "next-day":
        print(next_day(bucket))
        return
    if options.command == "history":
        write_history(bucket, _date(options) or _today() - timedelta(days=1), print)
        return
    for key in upload_inbox(bucket, options.day, _date(options) or _today()):
        print(f"s3://{bucket.name}/{key}")


def _date(options: argparse.Namespace) -> date | None:
    return parse_day(options.date) if options.date else None


def _today() -> date:
    return datetime.now(UTC).date()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.seed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    history = commands.add_parser("history", help="models, corpora, users, and the round of day 0")
    inbox = commands.add_parser("inbox", help="put a day's papers into the inboxes")
    wanted = commands.add_parser("expected", help="print what a day's cycle must make, as JSON")
    commands.add_parser("next-day", help="print the first day whose papers have not arrived yet")
    history.add_argument("--date", type=day, help="the date of day 0; yesterday by default")
    inbox.add_argument("--date", type=day, help="when the papers arrive; today by default")
    for command in (inbox, wanted):
        command.add_argument("--day", type=int, required=True, help="the day of the demo, from 1")
    return parser


if __name__ == "__main__":
    leave(main())
