"""Read new literature into a model: see docs/jobs.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from emmaa_cycle.dates import now_round, parse_day
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.cli import add_model, day, job_parser, round_date, run_job
from emmaa_jobs.resources import check_resources
from emmaa_jobs.update import update_model


def main(argv: Sequence[str] | None = None) -> str:
    """Update one model."""
    parser = job_parser("Read new literature into a model and write the model's new state.")
    add_model(parser)
    parser.add_argument(
        "--since",
        type=day,
        metavar="YYYY-MM-DD",
        help="first day of literature to read; ten days before --until if not given",
    )
    parser.add_argument(
        "--until",
        type=day,
        metavar="YYYY-MM-DD",
        help="last day of literature to read; the day of --date-str if not given",
    )
    parser.add_argument(
        "--date-str",
        type=round_date,
        metavar="YYYY-MM-DD-HH-MM-SS",
        help="date of the model's new state, UTC; now if not given",
    )
    args = parser.parse_args(argv)
    check_resources()
    return update_model(
        Bucket(load_settings().bucket),
        args.model,
        args.date_str or now_round(),
        since=args.since and parse_day(args.since),
        until=args.until and parse_day(args.until),
    ).summary


if __name__ == "__main__":
    sys.exit(run_job(main))
