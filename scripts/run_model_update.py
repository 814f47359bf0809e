"""Read new literature into a model and write the model's new state.

The sources are those of the config's `reading` (docs/literature.md). Statements that the model
has already are left out. A source that is down stops the job: it never looks like a day without
news. The upload of the new state starts the assembly.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.dates import now_round, parse_day
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, day, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.indra_setup.resources import check_resources
from emmaa_jobs.reading.update import record_update, update_model


def main(argv: Sequence[str] | None = None) -> str:
    """Update one model."""
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/run_model_update.py --model skcm",
            "python scripts/run_model_update.py --model skcm --since 2026-02-20 --until 2026-03-02",
        ],
        ["EMMAA_BUCKET", "AWS_…", "PYSTOW_HOME", "NCBI_API_KEY", "INDRA_DB_REST_API_KEY"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
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
    add_round(parser, "date of the model's new state; now if not given")
    args = parser.parse_args(argv)
    check_resources()
    bucket = Bucket(load_settings().bucket)
    update = update_model(
        bucket,
        args.model,
        args.date_str or now_round(),
        since=args.since and parse_day(args.since),
        until=args.until and parse_day(args.until),
    )
    return record_update(bucket, update)


if __name__ == "__main__":
    leave(run_job(main))
