"""Mail users the new answers to the queries that they are subscribed to.

Every subscriber gets at most one mail, with a line for each query and model type whose answers of
the last seven days hold anything new. Nobody gets the same news twice. With
--date-str, answers of later rounds are left for later. Answers of rounds that
wait for a person's approval are left for later, too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_UNDELIVERED
from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_round, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.notifications.held_rounds import HeldRounds
from emmaa_jobs.notifications.posting import PostOffice
from emmaa_jobs.notifications.query_job import notify_of_queries


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, notify, and return a one-line summary."""
    parser = job_parser(
        __doc__ or "",
        ["python scripts/run_email_notifications.py --dry-run"],
        [
            "EMMAA_BUCKET",
            "AWS_…",
            "EMMAADBPRIMARY",
            "INDRA_BIO_ARN",
            "EMAIL_SIGN_SECRET",
            "EMMAA_NOTIFY",
        ],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_UNDELIVERED],
    )
    add_round(parser, "report answers up to this round; all if not given")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the mails; write and send nothing"
    )
    args = parser.parse_args(argv)
    engine = database_engine("primary")
    origin = Origin.from_environment(os.environ)
    settings = load_settings()
    office = PostOffice(settings, NotificationLedger(engine), args.dry_run, origin.run_id)
    held = HeldRounds(Bucket(settings.bucket))
    return notify_of_queries(QueryDatabase(engine), office, origin, args.date_str, held)


if __name__ == "__main__":
    leave(run_job(main))
