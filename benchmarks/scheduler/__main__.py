"""``python -m benchmarks.scheduler [--trial] [NAME …]``: benchmarks, and their table."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from benchmarks.scheduler.report import HEAD, line

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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduler")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (all)")
    parser.add_argument(
        "--trial",
        action="store_true",
        help="on a scale that shows whether they work; the figures mean nothing",
    )
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    # Airflow logs to the standard output, where people look for the table.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    print(HEAD, flush=True)
    for name in options.names or NAMES:
        print(f"measuring {name} …", file=sys.stderr)
        benchmark = importlib.import_module(f"benchmarks.scheduler.{name}")
        for row in benchmark.run(**benchmark.TRIAL if options.trial else {}):
            print(line(row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
