"""``python -m tests.benchmarks.scheduler [NAME …]``: run benchmarks and print their table."""

from __future__ import annotations

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


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    if unknown := set(names) - set(NAMES):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    rows = []
    for name in names or NAMES:
        print(f"measuring {name} …", file=sys.stderr)
        rows += importlib.import_module(f"tests.benchmarks.scheduler.{name}").run()
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
