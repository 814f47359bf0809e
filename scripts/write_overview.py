"""Write what the EMMAA page shows of models that ran before their jobs wrote it.

The jobs write the overview with each round. This command makes it of the newest managers and
statistics that are in the bucket (docs/reference/overview.md), for the time until a model's next
round. What a job has written stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import job_parser, model_name
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.overview.past import write_past


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, write the overviews and return how many parts were written."""
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/write_overview.py",
            "python scripts/write_overview.py --model skcm --dry-run",
        ],
        ["EMMAA_BUCKET", "AWS_…"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    parser.add_argument(
        "-m",
        "--model",
        nargs="+",
        default=[],
        type=model_name,
        metavar="MODEL",
        help="short names of the models; all models of the bucket if not given",
    )
    parser.add_argument("--dry-run", action="store_true", help="read all, write nothing")
    args = parser.parse_args(argv)
    return write_past(Bucket(load_settings().bucket), args.model, dry_run=args.dry_run)


if __name__ == "__main__":
    leave(run_job(main))
