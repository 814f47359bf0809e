"""Mail users the new answers to the queries that they are subscribed to.

Every subscriber gets at most one mail, with the newest answer to each query by each model type
that holds anything new. What somebody was told once is never told again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import load_settings
from emmaa_jobs.cli import job_parser, run_job
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.notifications.posting import PostOffice
from emmaa_jobs.notifications.query_job import notify_of_queries


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, notify, and return a one-line summary."""
    parser = job_parser(__doc__ or "")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the mails; write and send nothing"
    )
    args = parser.parse_args(argv)
    engine = database_engine("primary")
    office = PostOffice(load_settings(), NotificationLedger(engine), args.dry_run)
    return notify_of_queries(QueryDatabase(engine), office, Origin.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_job(main))
