"""Turn pickles of the original EMMAA into the JSON that these jobs read.

No code in a pickle is run: one that names anything but statements is refused (docs/legacy.md). To
be run once for each model and corpus of an old bucket; JSON that is there stays as it is.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import bucket_name, corpus_name, job_parser, model_name
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.legacy.job import import_pickles
from emmaa_jobs.legacy.targets import Pickle, corpus_pickles, model_pickles, pickle_at


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, import what they name and return how much it was."""
    args = _arguments(argv)
    # What follows an import is no news to subscribers.
    origin = replace(Origin.from_environment(os.environ), notify=False)
    bucket = Bucket(args.bucket or load_settings().bucket, origin=origin)
    return import_pickles(bucket, _pickles(bucket, args), dry_run=args.dry_run, force=args.force)


def _arguments(argv: Sequence[str] | None) -> Namespace:
    parser = job_parser(
        __doc__ or "",
        [
            "python scripts/import_legacy.py --model rasmodel --dry-run",
            "python scripts/import_legacy.py --tests large_corpus_tests",
        ],
        ["EMMAA_BUCKET", "AWS_…"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "-m",
        "--model",
        type=model_name,
        help="import the model's newest state and the pickles in its config's other_files",
    )
    what.add_argument("--tests", type=corpus_name, help="import the newest version of a corpus")
    what.add_argument("--key", nargs="+", metavar="KEY", help="import the pickles at these keys")
    parser.add_argument(
        "--bucket", type=bucket_name, help="where they are; the settings' bucket if not given"
    )
    parser.add_argument("--all", action="store_true", help="older states or versions too")
    parser.add_argument("--dry-run", action="store_true", help="read and convert, write nothing")
    parser.add_argument("--force", action="store_true", help="overwrite JSON that is there")
    return parser.parse_args(argv)


def _pickles(bucket: Bucket, args: Namespace) -> list[Pickle]:
    if args.model:
        return model_pickles(bucket, args.model, args.all)
    if args.tests:
        return corpus_pickles(bucket, args.tests, args.all)
    return [pickle_at(bucket.name, key) for key in args.key]


if __name__ == "__main__":
    leave(run_job(main))
