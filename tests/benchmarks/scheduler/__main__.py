"""``python -m tests.benchmarks.scheduler [--trial] [NAME …]``: benchmarks, and their table."""

from __future__ import annotations

import argparse
import importlib
import sys

from tests.benchmarks.scheduler.report import table

NAMES = (
    "dag_parsing",
    "function_time",
    "describe_calls",
    "thousand_models",
    "mapped_jobs",
    "stages",
)


def main(argv: list[str]) -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scheduler")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (all)")
    parser.add_argument(
        "--trial",
        action="store_true",
        help="on a scale that shows whether they work; the figures mean nothing",
    )
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    rows = []
    for name in options.names or NAMES:
        print(f"measuring {name} …", file=sys.stderr)
        benchmark = importlib.import_module(f"tests.benchmarks.scheduler.{name}")
        rows += benchmark.run(**benchmark.TRIAL if options.trial else {})
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
