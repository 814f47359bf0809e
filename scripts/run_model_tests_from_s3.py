"""Test a round of a model against one test corpus.

Each test is a statement. The job finds out which of them each of the model's types explains, and
by which paths, and writes results and paths to the bucket.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.model_config import DEFAULT_TEST_CORPUS
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, corpus_name, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.model_testing.run import test_round


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, run the tests and return tests applied and passed per model type."""
    parser = job_parser(
        __doc__ or "",
        ["python scripts/run_model_tests_from_s3.py --model rasmodel --tests ras_tests"],
        ["EMMAA_BUCKET", "AWS_…", "PYSTOW_HOME"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    add_model(parser)
    parser.add_argument(
        "-t",
        "--tests",
        type=corpus_name,
        default=DEFAULT_TEST_CORPUS,
        help="name of the test corpus: tests/NAME… in the bucket",
    )
    add_round(parser)
    args = parser.parse_args(argv)
    return test_round(Bucket(load_settings().bucket), args.model, args.tests, args.date_str)


if __name__ == "__main__":
    leave(run_job(main))
