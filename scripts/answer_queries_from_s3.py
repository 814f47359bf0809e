"""Answer the queries that people are subscribed to, with the model of a round.

Path queries and open searches are answered by each of the model's types, dynamic and intervention
queries by simulation. Answers are stored in the primary database, with what is new since the
round before; run_email_notifications.py sends it. A second run of a round replaces its answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.notification_ledger import NotificationLedger
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.queries.job import answer_subscribed_queries


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, answer and store, and return a one-line summary."""
    parser = job_parser(
        __doc__ or "",
        ["python scripts/answer_queries_from_s3.py --model rasmodel"],
        ["EMMAA_BUCKET", "AWS_…", "EMMAADBPRIMARY", "EMMAA_NOTIFY", "PYSTOW_HOME"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    add_model(parser)
    add_round(parser)
    args = parser.parse_args(argv)
    engine = database_engine("primary")
    bucket = Bucket(load_settings().bucket)
    return answer_subscribed_queries(
        bucket, QueryDatabase(engine), args.model, args.date_str, NotificationLedger(engine)
    )


if __name__ == "__main__":
    leave(run_job(main))
