"""Make a test corpus of a round's assembled statements.

The corpus MODEL_tests is for other models to be tested against. Statements with an unknown agent
are no tests; the config's `make_tests.filter` chooses among the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.commands.flags import add_model, add_round, job_parser
from emmaa_jobs.commands.process_end import leave
from emmaa_jobs.model_testing.corpus_of_model import make_corpus


def main(argv: Sequence[str] | None = None) -> str:
    """Parse the flags, make the corpus and return how many statements became tests."""
    parser = job_parser(
        __doc__ or "",
        ["python scripts/model_to_tests.py --model rasmodel"],
        ["EMMAA_BUCKET", "AWS_…"],
        [EXIT_BAD_INPUT, EXIT_UNAVAILABLE],
    )
    add_model(parser)
    add_round(parser)
    args = parser.parse_args(argv)
    return make_corpus(Bucket(load_settings().bucket), args.model, args.date_str)


if __name__ == "__main__":
    leave(run_job(main))
