"""Make the statistics of a round: of the model, or of one test corpus.

The dashboard shows them, and notifications are made of them. News and time series come from the
newest statistics before the round's. Titles of papers and curations are asked for where the
settings allow it (docs/settings.md); an outage leaves them empty.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.model_config import DEFAULT_TEST_CORPUS
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, corpus_name, job_parser
from emmaa_jobs.commands.process_end import leave


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, make the statistics and return a one-line summary."""
    args = _parser().parse_args(argv)
    settings = load_settings()
    bucket = Bucket(settings.bucket)
    if args.stats_mode == "model":
        from emmaa_jobs.stats.external_services import outside
        from emmaa_jobs.stats.model_stats import make_model_stats

        return make_model_stats(bucket, args.model, args.date_str, outside(settings.statistics))
    from emmaa_jobs.stats.corpus_stats import make_corpus_stats

    return make_corpus_stats(bucket, args.model, args.tests, args.date_str)


def _parser() -> ArgumentParser:
    script = "python scripts/run_model_stats_from_s3.py --model rasmodel"
    parser = job_parser(
        __doc__ or "",
        [f"{script} --stats_mode model", f"{script} --stats_mode tests --tests ras_tests"],
        ["EMMAA_BUCKET", "AWS_…", "NCBI_API_KEY", "INDRA_DB_REST_API_KEY"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    add_model(parser)
    parser.add_argument(
        "-s",
        "--stats_mode",
        required=True,
        choices=("model", "tests"),
        help="of the model's statements and papers, or of one corpus' tests",
    )
    parser.add_argument(
        "-t",
        "--tests",
        type=corpus_name,
        default=DEFAULT_TEST_CORPUS,
        help="the test corpus, with --stats_mode tests",
    )
    add_round(parser, "the round, by its model manager's date; the latest if not given")
    return parser


if __name__ == "__main__":
    leave(run_job(main))
