"""Assemble a state of a model into a new round.

Runs the config's assembly steps, and writes the assembled statements, the exports and, last, the
model manager: what the round is made of. Its upload starts all that follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.dates import now_round
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, job_parser, round_date
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.indra_setup.resources import check_resources


def main(argv: Sequence[str] | None = None) -> str:
    """Make one model manager."""
    parser = job_parser(
        __doc__ or "",
        ["python scripts/update_model_manager.py --model skcm"],
        ["EMMAA_BUCKET", "AWS_…", "EMMAADBSTMT", "PYSTOW_HOME"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    add_model(parser)
    add_round(parser, "date of the new round; now if not given")
    parser.add_argument(
        "--model-date",
        type=round_date,
        metavar="YYYY-MM-DD-HH-MM-SS",
        help="date of the model state to assemble; the newest up to the round if not given",
    )
    args = parser.parse_args(argv)
    check_resources()
    bucket = Bucket(load_settings().bucket)
    update = update_manager(bucket, args.model, args.date_str or now_round(), args.model_date)
    return update.add_to_overview(bucket)


if __name__ == "__main__":
    leave(run_job(main))
