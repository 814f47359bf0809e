"""Tell by tweet and mail what a round changed in a model.

Stores how many paths use each statement, then tells the round's new statements, applied tests and
passed tests: to the model's subscribers by mail and, if the config names an X account
(`twitter`), by tweets. Run twice, it sends nothing twice.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from emmaa_cycle.dates import day_of
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_UNDELIVERED
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, corpus_name, day, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.notifications.model_job import notify_of_model
from emmaa_jobs.notifications.posting import PostOffice
from emmaa_jobs.notifications.round_stats import ReportedRound


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, notify, and return a one-line summary."""
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/model_notifications.py --model rasmodel --test_corpora ras_tests \\",
            "    --date-str 2026-03-02-17-00-00 --dry-run",
        ],
        [
            "EMMAA_BUCKET",
            "AWS_…",
            "EMMAADBPRIMARY",
            "EMMAADBSTMT",
            "INDRA_BIO_ARN",
            "EMAIL_SIGN_SECRET",
            "EMMAA_NOTIFY",
        ],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_UNDELIVERED],
    )
    add_model(parser)
    parser.add_argument(
        "-tc",
        "--test_corpora",
        nargs="*",
        default=[],
        type=corpus_name,
        metavar="CORPUS",
        help="test corpora to report on; one without statistics is left out",
    )
    parser.add_argument(
        "-d",
        "--date",
        type=day,
        metavar="YYYY-MM-DD",
        help="the day to report on, by its latest statistics; required without --date-str",
    )
    add_round(parser, "the round to report on; the latest of --date if not given")
    parser.add_argument(
        "--dry-run", action="store_true", help="print tweets and mails; write and send nothing"
    )
    args = parser.parse_args(argv)
    _check_dates(parser, args)
    primary = database_engine("primary")
    settings = load_settings()
    bucket = Bucket(settings.bucket)
    return notify_of_model(
        bucket,
        QueryDatabase(primary),
        StatementDatabase(database_engine("stmt")),
        PostOffice(settings, NotificationLedger(primary), args.dry_run, bucket.origin.run_id),
        ReportedRound(args.model, args.test_corpora, args.date, args.date_str),
    )


def _check_dates(parser: ArgumentParser, args: Namespace) -> None:
    if not args.date and not args.date_str:
        parser.error("one of --date and --date-str is needed")
    if args.date and args.date_str and day_of(args.date_str) != args.date:
        parser.error(f"--date-str {args.date_str} is not a round of --date {args.date}")


if __name__ == "__main__":
    leave(run_job(main))
