"""Run fault schedules: ``python -m tests.faults --schedules 10000``."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.airflow_home import use_own_airflow


def main() -> int:
    """Run the schedules that the command line asks for; 1 if one of them found a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--bugs", action="store_true", help="the table of planted bugs instead")
    parser.add_argument("--workers", type=int, default=None, help="processes (one a core)")
    options = parser.parse_args()
    use_own_airflow()
    if options.bugs:
        return _print_bugs()
    from tests.faults.campaign import run_campaign

    seeds = range(options.first, options.first + options.schedules)
    if options.seed is not None:
        seeds = range(options.seed, options.seed + 1)
    started = time.monotonic()
    campaign = run_campaign(seeds, workers=options.workers)
    print(campaign.report(time.monotonic() - started))
    return 1 if campaign.failed else 0


def _print_bugs() -> int:
    from tests.faults.planted_bugs import table

    for row in table():
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
